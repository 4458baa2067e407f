# Valid sizes of a Fargate task. shared/domain/fargate.py contains the same table; a test compares the two.
#
# Source: Amazon ECS Developer Guide, "Troubleshoot Amazon ECS task definition invalid CPU or memory errors" (the table for Fargate, Linux).
# From 8 vCPU on, platform version 1.4.0 or later is needed, which LATEST is.

locals {
  # Memory sizes in MiB that are valid for each number of CPU units (1024 = 1 vCPU).
  fargate_memory_by_cpu = {
    256   = [512, 1024, 2048]
    512   = [for gib in range(1, 5) : 1024 * gib]
    1024  = [for gib in range(2, 9) : 1024 * gib]
    2048  = [for gib in range(4, 17) : 1024 * gib]
    4096  = [for gib in range(8, 31) : 1024 * gib]
    8192  = [for gib in range(16, 61, 4) : 1024 * gib]
    16384 = [for gib in range(32, 121, 8) : 1024 * gib]
    32768 = [for gib in [60, 120, 244] : 1024 * gib]
  }

  fargate_words = join("; ", [for cpu, sizes in local.fargate_memory_by_cpu :
    "${cpu} with ${join(", ", slice(sizes, 0, min(3, length(sizes))))}${length(sizes) > 3 ? ", ... ${sizes[length(sizes) - 1]}" : ""}"
  ])
}
