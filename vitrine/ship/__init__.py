"""What leaves this machine: data sets and cards for the Hugging Face Hub, models as ONNX files."""
