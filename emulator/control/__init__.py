"""The control plane under ``/_emulator``. It sees vendors only as descriptors."""
