"""The AWS emulator: moto's server, with patches where moto behaves differently from AWS."""

from local.aws import service_models

service_models.share()  # before moto is imported, which creates sessions at once
