"""2.5-D Pix2Pix on sagittal slices at 2 mm, on two CPU cores with bfloat16 instructions.

Score to expect and time it took: see card.json of the shipped model, history.
"""

dims = 2
channels = (32, 64, 128, 192, 192)
critic = 32
slices = 12  # of one head, each step
hours = 0.6  # of running; the learning rate falls along this time
alone = 0.3  # share of the time without a critic
learning_rate = 1e-3
critic_rate = 4e-4
l1 = 20.0
seed = 20261126
