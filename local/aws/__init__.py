"""The AWS emulator: moto's server, with patches where moto behaves differently from AWS."""
