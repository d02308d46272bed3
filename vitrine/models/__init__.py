"""Networks: backbones, heads, the small CNN, and the model folder that holds one."""
