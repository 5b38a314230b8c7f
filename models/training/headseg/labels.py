"""What the network tells apart: one channel per FreeSurfer label, and how both sources of labels map to them."""

# (FreeSurfer label, name). The order is the order of the network's channels.
CLASSES = [
    (130, "air"),
    (2, "left cerebral white matter"), (41, "right cerebral white matter"),
    (3, "left cerebral cortex"), (42, "right cerebral cortex"),
    (4, "left lateral ventricle"), (43, "right lateral ventricle"),
    (5, "left inferior lateral ventricle"), (44, "right inferior lateral ventricle"),
    (7, "left cerebellum white matter"), (46, "right cerebellum white matter"),
    (8, "left cerebellum cortex"), (47, "right cerebellum cortex"),
    (10, "left thalamus"), (49, "right thalamus"),
    (11, "left caudate"), (50, "right caudate"),
    (12, "left putamen"), (51, "right putamen"),
    (13, "left pallidum"), (52, "right pallidum"),
    (17, "left hippocampus"), (53, "right hippocampus"),
    (18, "left amygdala"), (54, "right amygdala"),
    (26, "left accumbens"), (58, "right accumbens"),
    (28, "left ventral DC"), (60, "right ventral DC"),
    (14, "third ventricle"), (15, "fourth ventricle"), (16, "brain stem"), (24, "CSF"),
    (259, "eye fluid"), (165, "skull"), (262, "nasal cavity and sinuses"), (258, "head outside the brain"),
]
VALUES = [value for value, _ in CLASSES]
CHANNEL = {value: n for n, value in enumerate(VALUES)}
AIR = 0
FIRST_OUTSIDE = CHANNEL[259]  # this channel and the later ones lie in the head but outside the brain
UNKNOWN = 255  # in the head, outside the brain, not told what
SUBCORTICAL = [10, 49, 11, 50, 12, 51, 13, 52, 17, 53, 18, 54, 26, 58, 16]  # 7 pairs and the brain stem

# Channel after mirroring left and right.
MIRROR = list(range(len(CLASSES)))
for n, (_, name) in enumerate(CLASSES):
    if name.startswith("left "):
        MIRROR[n], MIRROR[n + 1] = n + 1, n

# DLMUSE → FreeSurfer. 95 (corpus callosum) and 71–73 (vermis) have no side: the nearest side's is taken.
MUSE = {
    1: 24, 4: 14, 11: 15, 23: 58, 30: 26, 31: 54, 32: 18, 35: 16, 36: 50, 37: 11, 38: 47, 39: 8, 40: 46, 41: 7,
    47: 53, 48: 17, 49: 44, 50: 5, 51: 43, 52: 4, 55: 52, 56: 13, 57: 51, 58: 12, 59: 49, 60: 10, 61: 60, 62: 28,
    75: 3, 76: 42, **{n: 2 if n % 2 == 0 else 41 for n in range(81, 95)},
    **{n: 42 if n % 2 == 0 else 3 for n in range(100, 208)},
}
MUSE_NO_SIDE = {95: (2, 41), 71: (8, 47), 72: (8, 47), 73: (8, 47)}

# SynthSeg training maps → FreeSurfer; what is absent here keeps its value, or takes its nearest neighbour's.
SYNTHSEG = {
    25: 2, 57: 41, 30: 2, 62: 41, 72: 4, 85: 24,
    502: 165, 506: 259, 507: 258, 508: 258, 509: 262, 511: 258, 512: 258, 514: 258, 515: 165, 516: 165, 530: 258,
}
INNER_AIR = 600  # our own value: air enclosed in a SynthSeg head
