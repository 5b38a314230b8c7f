"""3-D conditional GAN on cubes of 64 voxels at 2 mm, on two CPU cores with bfloat16 instructions.

Score to expect and time it took: see card.json of the shipped model, history.
"""

dims = 3
channels = (16, 32, 64, 96, 96)
critic = 16
patch = 64
patches = 2  # of one head, each step
hours = 0.95
alone = 0.3
learning_rate = 1e-3
critic_rate = 4e-4
l1 = 20.0
seed = 20261127
