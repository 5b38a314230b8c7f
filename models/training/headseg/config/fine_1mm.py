"""The second look at 1 mm, on synthetic heads, beside the 2 mm network of 1.3.0 as it is.

Score to expect and time it took: see card.json of the shipped model, history.
"""

coarse = "longer_2mm.py"  # of the network whose probabilities it reads
width = 48
around = (160, 192, 160)  # mm; what the 2 mm network sees
patch = 80  # mm; a cube in it with brain
patches = 4  # of each head that is made
hours = 1.0  # of running; the learning rate falls along this time
learning_rate = 2e-3
rarity = 0.3  # power by which rare structures weigh more, falling to 0 along this time; the first 200 steps ran with 0.8
random_contrast = 0.4  # share of heads without T1-like intensities
brain_alone = 0.1  # share of heads that show what brain extraction leaves
strength = 0.7  # of deformations and degradations; 1 is the full range
seed = 20261129
