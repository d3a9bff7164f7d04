import torch

# One thread: the tests' tensors are small, and threads that wait for each other make them many times slower.
torch.set_num_threads(1)
