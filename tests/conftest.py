import torch
from hypothesis import settings

# The same examples in every run, and no limit of time for one: machines differ.
settings.register_profile("fixed", derandomize=True, deadline=None, database=None)
settings.load_profile("fixed")

# One thread: the tests' tensors are small, and threads that wait for each other make them many times slower.
torch.set_num_threads(1)
