"""What leaves this machine: data sets, models, their cards and pages for the Hugging Face Hub, and ONNX files."""
