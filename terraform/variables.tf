# ---------------------------------------------------------------------------------------------------------------------
# The fleet
# ---------------------------------------------------------------------------------------------------------------------

variable "prefix" {
  description = "Prefix of the name of every resource and of every runner. Two fleets in one account need different prefixes, even in different Regions."
  type        = string
  default     = "fleet"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.prefix)) && length(var.prefix) <= 32
    error_message = "prefix is \"${var.prefix}\"; allowed: lower-case letters, digits and single '-', beginning with a letter, at most 32 characters."
  }
}

variable "package_dir" {
  description = "Directory with the output of `make package`: functions/<name>.zip, layer.zip, runner.zip. Default: build/ next to this module, as in a checkout of the project."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags for all resources."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key, value in var.tags : !startswith(lower(key), "aws:") && length(key) <= 128 && length(value) <= 256])
    error_message = "tags: a key is at most 128 characters and does not begin with aws:, a value is at most 256 characters."
  }
}

variable "deletion_protection" {
  description = "Enables deletion protection for the tables, and prevents the deletion of an image repository that contains images. To destroy the fleet, set it to false, apply, then destroy."
  type        = bool
  default     = true
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the KMS key for tables, queues, bucket, images, parameters, environments and logs; null for AWS's own keys. The key policy must allow logs.REGION.amazonaws.com and events.amazonaws.com to use the key."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn is \"${coalesce(var.kms_key_arn, "null")}\"; allowed: the ARN of a key, arn:aws:kms:REGION:ACCOUNT:key/ID, or null."
  }
}

variable "permissions_boundary_arn" {
  description = "ARN of the permissions boundary of all roles; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is \"${coalesce(var.permissions_boundary_arn, "null")}\"; allowed: the ARN of a policy, arn:aws:iam::ACCOUNT:policy/NAME, or null."
  }
}

variable "event_bus_name" {
  description = "Name of the fleet's event bus, to which operators can subscribe; null to use the prefix."
  type        = string
  default     = null

  validation {
    condition     = var.event_bus_name == null || (can(regex("^[A-Za-z0-9._-]{1,256}$", var.event_bus_name)) && var.event_bus_name != "default")
    error_message = "event_bus_name is \"${coalesce(var.event_bus_name, "null")}\"; allowed: letters, digits, '.', '_' and '-', not the default bus, or null."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# GitHub
# ---------------------------------------------------------------------------------------------------------------------

variable "github_repo" {
  description = "Repository that the fleet serves, as OWNER/NAME; null with github_organizations or github_repositories."
  type        = string
  default     = null

  validation {
    condition     = var.github_repo == null || can(regex("^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$", var.github_repo))
    error_message = "github_repo is \"${coalesce(var.github_repo, "null")}\"; allowed: OWNER/NAME, or null."
  }

  validation {
    condition     = var.github_repo != null || length(var.github_organizations) + length(var.github_repositories) > 0
    error_message = "The fleet has no repository to serve: set github_repo, github_repositories or github_organizations."
  }
}

variable "github_repositories" {
  description = "Additional repositories that the fleet serves, as OWNER/NAME. Of an organization of github_organizations, the fleet serves only those that are listed, or all if none is."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for one in var.github_repositories : can(regex("^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$", one))])
    error_message = "github_repositories holds ${join(", ", var.github_repositories)}; allowed: OWNER/NAME each."
  }
}

variable "github_organizations" {
  description = "Organizations that the fleet serves, and at which the runners for their repositories are registered. Runners for other repositories are registered at the repository."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for one in var.github_organizations : can(regex("^[A-Za-z0-9][A-Za-z0-9-]{0,38}$", one))])
    error_message = "github_organizations holds ${join(", ", var.github_organizations)}; allowed: names of organizations, letters, digits and '-'."
  }
}

variable "github_enterprise" {
  description = "Slug of the enterprise at which all runners are registered, in place of the organizations and repositories that the fleet serves; null for none. Requires a classic token with manage_runners:enterprise."
  type        = string
  default     = null

  validation {
    condition     = var.github_enterprise == null || can(regex("^[A-Za-z0-9][A-Za-z0-9-]*$", var.github_enterprise))
    error_message = "github_enterprise is \"${coalesce(var.github_enterprise, "null")}\"; allowed: the slug of an enterprise, letters, digits and '-', or null."
  }

  validation {
    condition     = var.github_enterprise == null || (var.github_app == null && alltrue([for one in var.github_additional_credentials : one.app_id == null]))
    error_message = "github_enterprise is set with github_app or an App in github_additional_credentials, but a GitHub App can't register runners at an enterprise: use tokens, or github_organizations alone."
  }
}

variable "github_server_url" {
  description = "GitHub's URL: github.com, a data residency host such as https://acme.ghe.com, or a GitHub Enterprise Server."
  type        = string
  default     = "https://github.com"
  nullable    = false

  validation {
    condition     = can(regex("^https://[A-Za-z0-9.-]+(:[0-9]+)?$", var.github_server_url))
    error_message = "github_server_url is \"${var.github_server_url}\"; allowed: https://HOST, without a path or a slash at the end."
  }

  validation {
    condition     = !can(regex("^https://api[.](github|[A-Za-z0-9-]+[.]ghe)[.]com$", var.github_server_url))
    error_message = "github_server_url is \"${var.github_server_url}\", the REST API; allowed: the URL of the pages, ${replace(var.github_server_url, "//api.", "//")}."
  }
}

variable "runner_groups" {
  description = "Runner groups by name: the first entry whose pattern OWNER/NAME matches the repository of a job names the group of its runner, and * matches any text. Without a match it is the default group. A group exists at an organization or an enterprise."
  type        = list(object({ repositories = string, group = string }))
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for one in var.runner_groups : can(regex("^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._*-]+$", one.repositories)) && trimspace(one.group) != ""])
    error_message = "runner_groups is ${jsonencode(var.runner_groups)}; allowed: repositories is OWNER/PATTERN, where * matches any text, and group is the name of a group."
  }

  validation {
    condition = var.github_enterprise != null || alltrue([
      for one in var.runner_groups : contains([for owner in var.github_organizations : lower(owner)], lower(split("/", one.repositories)[0]))
    ])
    error_message = "runner_groups names ${join(", ", var.runner_groups[*].repositories)}, but only runners of an organization or an enterprise have a group: add the owners to github_organizations, or set github_enterprise."
  }

  validation {
    condition     = length(jsonencode(var.runner_groups)) <= 1024
    error_message = "runner_groups is ${length(jsonencode(var.runner_groups))} characters long as JSON; allowed: at most 1024, since Lambda allows 4 KB for all environment variables of a function."
  }
}

variable "allow_public_repositories" {
  description = "Whether jobs of public repositories get runners. If true, anybody can run code on the runners."
  type        = bool
  default     = false
  nullable    = false
}

variable "allow_forks" {
  description = "Whether jobs of forks get runners."
  type        = bool
  default     = false
  nullable    = false
}

variable "offered_labels" {
  description = "Patterns of the labels that a job can have in addition to self-hosted, image: and class:. The fleet ignores a job with any other label, because that job is for other runners. * matches any text. null: linux, the architecture, run:*."
  type        = list(string)
  default     = null

  validation {
    condition     = alltrue([for one in coalesce(var.offered_labels, []) : can(regex("^[^, ]+$", one))])
    error_message = "offered_labels holds ${join(" and ", coalesce(var.offered_labels, []))}; allowed: patterns without space and comma."
  }
}

variable "require_run_label" {
  description = "Whether a job needs the label run:RUN_ID of its own workflow run. GitHub then assigns its runner to no job of another run."
  type        = bool
  default     = false
  nullable    = false
}

# ---------------------------------------------------------------------------------------------------------------------
# Secrets. A secret is either a value, which the module writes to SSM and keeps out of the state, or the name of an existing parameter. Only the apply
# that writes a value needs it: the first one, and one with another version. The module parameters determines which secrets an apply writes.
# A name that begins with /aws/reference/secretsmanager/ refers to a secret in Secrets Manager.
# ---------------------------------------------------------------------------------------------------------------------

variable "github_pat" {
  description = "Fine-grained personal access token with the permission Administration (repository) or Self-hosted runners (organization), read and write. Required by the first apply and to replace the token; null keeps the stored token."
  type        = string
  ephemeral   = true
  default     = null

  validation {
    condition     = var.github_pat == null || length(coalesce(var.github_pat, " ")) >= 16
    error_message = "github_pat is shorter than 16 characters, so it is not a GitHub token; leave it out (null) to keep the stored token."
  }
}

variable "github_pat_version" {
  description = "Increase this number to replace the stored github_pat."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.github_pat_version >= 1 && floor(var.github_pat_version) == var.github_pat_version
    error_message = "github_pat_version is ${var.github_pat_version}; allowed: a whole number of at least 1."
  }
}

variable "github_pat_parameter" {
  description = "Name of an existing parameter that holds the token; null to create a parameter from github_pat."
  type        = string
  default     = null

  validation {
    condition     = var.github_pat_parameter == null || can(regex("^/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$", var.github_pat_parameter))
    error_message = "github_pat_parameter is \"${coalesce(var.github_pat_parameter, "null")}\"; allowed: the name of an SSM parameter, letters, digits, '_', '.', '-' and '/', or null."
  }
}

variable "github_app" {
  description = "GitHub App to use instead of a token: its ID or client ID, and optionally the ID of its installation, which is looked up by default. null to use a token."
  type = object({
    id              = string
    installation_id = optional(number)
  })
  default = null

  validation {
    condition     = var.github_app == null || can(regex("^[A-Za-z0-9]+([.][A-Za-z0-9]+)*$", var.github_app.id))
    error_message = "github_app.id is \"${try(var.github_app.id, "null")}\"; allowed: the App's id or client id, letters and digits."
  }

  validation {
    condition     = try(var.github_app.installation_id, null) == null || try(var.github_app.installation_id >= 1, false)
    error_message = "github_app.installation_id is ${try(coalesce(var.github_app.installation_id), "null")}; allowed: a number of at least 1, or nothing."
  }

  validation {
    condition     = length(var.github_organizations) < 2 || alltrue([for one in concat([var.github_app], var.github_additional_credentials) : try(one.installation_id, null) == null])
    error_message = "An App's installation_id is set with several github_organizations; leave it out: the installation of each is then looked up."
  }
}

variable "github_app_private_key" {
  description = "Private key of the GitHub App, in PEM format. Required by the first apply and to replace the key; null keeps the stored key."
  type        = string
  ephemeral   = true
  default     = null

  validation {
    condition     = var.github_app_private_key == null || length(coalesce(var.github_app_private_key, " ")) >= 16
    error_message = "github_app_private_key is shorter than 16 characters, so it is not a key; leave it out (null) to keep the stored key."
  }
}

variable "github_app_private_key_version" {
  description = "Increase this number to replace the stored github_app_private_key."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.github_app_private_key_version >= 1 && floor(var.github_app_private_key_version) == var.github_app_private_key_version
    error_message = "github_app_private_key_version is ${var.github_app_private_key_version}; allowed: a whole number of at least 1."
  }
}

variable "github_app_private_key_parameter" {
  description = "Name of an existing parameter that holds the App's private key; null to create a parameter from github_app_private_key."
  type        = string
  default     = null

  validation {
    condition     = var.github_app_private_key_parameter == null || can(regex("^/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$", var.github_app_private_key_parameter))
    error_message = "github_app_private_key_parameter is \"${coalesce(var.github_app_private_key_parameter, "null")}\"; allowed: the name of an SSM parameter, letters, digits, '_', '.', '-' and '/', or null."
  }

  validation {
    condition     = var.github_app_private_key_parameter == null || var.github_app != null
    error_message = "github_app_private_key_parameter is set, but github_app is not: the App's id is needed too."
  }
}

variable "github_additional_credentials" {
  description = "Further credentials that register runners, in turn with the first one. Each has GitHub's limits of its own, if it is a token of another user or another App: either token_parameter, or app_id and app_private_key_parameter, to which installation_id may be added. The parameters exist already."
  type = list(object({
    token_parameter           = optional(string)
    app_id                    = optional(string)
    app_private_key_parameter = optional(string)
    installation_id           = optional(number)
  }))
  default  = []
  nullable = false

  validation {
    condition = alltrue([for one in var.github_additional_credentials :
      (one.token_parameter != null && one.app_id == null && one.app_private_key_parameter == null && one.installation_id == null) ||
      (one.token_parameter == null && one.app_id != null && one.app_private_key_parameter != null)
    ])
    error_message = "github_additional_credentials has an element with neither or both of a token and an App; allowed: token_parameter alone, or app_id and app_private_key_parameter, to which installation_id may be added."
  }

  validation {
    condition = alltrue([for name in flatten([for one in var.github_additional_credentials : [one.token_parameter, one.app_private_key_parameter]]) :
      name == null || can(regex("^/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$", name))
    ])
    error_message = "github_additional_credentials names a parameter that can't exist; allowed: the name of an SSM parameter, letters, digits, '_', '.', '-' and '/'."
  }

  validation {
    condition = alltrue([for one in var.github_additional_credentials :
      (one.app_id == null || can(regex("^[A-Za-z0-9]+([.][A-Za-z0-9]+)*$", one.app_id))) && (one.installation_id == null || try(one.installation_id >= 1, false))
    ])
    error_message = "github_additional_credentials has an App with a wrong id; allowed: app_id, the App's id or client id, letters and digits; installation_id, a number of at least 1, or nothing."
  }

  validation {
    condition     = length(var.github_additional_credentials) <= 7
    error_message = "github_additional_credentials has ${length(var.github_additional_credentials)} elements; allowed: at most 7."
  }

  validation {
    condition     = length(distinct([for one in var.github_additional_credentials : coalesce(one.token_parameter, one.app_id, "none")])) == length(var.github_additional_credentials)
    error_message = "github_additional_credentials has a token or an App twice; allowed: each once, since they would share GitHub's limits."
  }
}

variable "github_launches_per_minute" {
  description = "How many runners each credential registers at GitHub in a minute. github.com allows 180 (900 points a minute, 5 each); the default leaves some for other calls. An Enterprise Server has no limit unless its administrator sets one."
  type        = number
  default     = 170
  nullable    = false

  validation {
    condition     = var.github_launches_per_minute >= 1 && floor(var.github_launches_per_minute) == var.github_launches_per_minute
    error_message = "github_launches_per_minute is ${var.github_launches_per_minute}; allowed: a whole number of at least 1."
  }
}

variable "webhook_secret" {
  description = "Secret with which GitHub signs its webhooks; enter the same value at GitHub. Required by the first apply and to replace the secret; null keeps the stored secret."
  type        = string
  ephemeral   = true
  default     = null

  validation {
    condition     = var.webhook_secret == null || length(coalesce(var.webhook_secret, " ")) >= 16
    error_message = "webhook_secret is shorter than 16 characters; leave it out (null) to keep the stored secret."
  }
}

variable "webhook_secret_version" {
  description = "Increase this number to replace the stored webhook_secret."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.webhook_secret_version >= 1 && floor(var.webhook_secret_version) == var.webhook_secret_version
    error_message = "webhook_secret_version is ${var.webhook_secret_version}; allowed: a whole number of at least 1."
  }
}

variable "webhook_secret_parameter" {
  description = "Name of an existing parameter that holds the webhook secret; null to create a parameter from webhook_secret."
  type        = string
  default     = null

  validation {
    condition     = var.webhook_secret_parameter == null || can(regex("^/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$", var.webhook_secret_parameter))
    error_message = "webhook_secret_parameter is \"${coalesce(var.webhook_secret_parameter, "null")}\"; allowed: the name of an SSM parameter, letters, digits, '_', '.', '-' and '/', or null."
  }
}

variable "webhook_secret_previous_parameter" {
  description = "Name of an existing parameter that holds the previous webhook secret, which is also accepted during a rotation; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.webhook_secret_previous_parameter == null || can(regex("^/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$", var.webhook_secret_previous_parameter))
    error_message = "webhook_secret_previous_parameter is \"${coalesce(var.webhook_secret_previous_parameter, "null")}\"; allowed: the name of an SSM parameter, letters, digits, '_', '.', '-' and '/', or null."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Runners
# ---------------------------------------------------------------------------------------------------------------------

variable "subnet_ids" {
  description = "Subnets of the runners. A launch tries them in this order."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) > 0 && length(var.subnet_ids) <= 16
    error_message = "subnet_ids holds ${length(var.subnet_ids)} subnets; allowed: 1 to 16."
  }

  validation {
    condition     = alltrue([for one in var.subnet_ids : startswith(one, "subnet-")])
    error_message = "subnet_ids holds ${join(", ", var.subnet_ids)}; allowed: ids that begin with subnet-."
  }
}

variable "security_groups" {
  description = "Security groups of the runners. They need no ingress rule, and an egress rule that allows HTTPS to GitHub."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.security_groups) > 0 && length(var.security_groups) <= 5
    error_message = "security_groups holds ${length(var.security_groups)} groups; allowed: 1 to 5."
  }

  validation {
    condition     = alltrue([for one in var.security_groups : startswith(one, "sg-")])
    error_message = "security_groups holds ${join(", ", var.security_groups)}; allowed: ids that begin with sg-."
  }
}

variable "assign_public_ip" {
  description = "Whether runners get a public IP address: required in a public subnet, unnecessary in a private subnet with a NAT gateway."
  type        = bool
  default     = false
  nullable    = false
}

variable "runner_class_sizes" {
  description = "Runner classes by name. A job selects one with the label class:NAME. Each has cpu (CPU units), memory (MiB) and capacity (capacity providers in the order to try them; null for capacity_providers)."
  type = map(object({
    cpu      = number
    memory   = number
    capacity = optional(list(string))
  }))
  default = {
    small  = { cpu = 512, memory = 1024 }
    medium = { cpu = 1024, memory = 4096 }
    large  = { cpu = 4096, memory = 8192 }
  }
  nullable = false

  validation {
    condition     = length(var.runner_class_sizes) > 0
    error_message = "runner_class_sizes is empty; it must hold at least one class."
  }

  validation {
    condition     = alltrue([for name in keys(var.runner_class_sizes) : can(regex("^[a-z0-9][a-z0-9._-]{0,62}$", name))])
    error_message = "runner_class_sizes has the classes ${join(", ", keys(var.runner_class_sizes))}; allowed in a name: lower-case letters, digits, '.', '_' and '-', beginning with a letter or digit, at most 63 characters."
  }

  validation {
    condition     = alltrue([for size in values(var.runner_class_sizes) : contains(lookup(local.fargate_memory_by_cpu, size.cpu, []), size.memory)])
    error_message = "runner_class_sizes: ${join(", ", [for name, size in var.runner_class_sizes : "${name} with cpu ${size.cpu} and memory ${size.memory}" if !contains(lookup(local.fargate_memory_by_cpu, size.cpu, []), size.memory)])} is no size that Fargate has; allowed, cpu with memory: ${local.fargate_words}."
  }

  validation {
    condition     = alltrue([for size in values(var.runner_class_sizes) : size.capacity == null || (try(length(size.capacity), 0) > 0 && alltrue([for one in coalesce(size.capacity, []) : contains(["FARGATE", "FARGATE_SPOT"], one)]))])
    error_message = "runner_class_sizes: a capacity is wrong; allowed: FARGATE, FARGATE_SPOT or both, in the order to try them."
  }
}

variable "default_runner_class" {
  description = "Runner class of jobs without a class: label."
  type        = string
  default     = "small"
  nullable    = false

  validation {
    condition     = contains(keys(var.runner_class_sizes), var.default_runner_class)
    error_message = "default_runner_class is \"${var.default_runner_class}\"; allowed, by runner_class_sizes: ${join(", ", keys(var.runner_class_sizes))}."
  }
}

variable "capacity_providers" {
  description = "Capacity providers of classes without their own, in the order to try them. Spot costs about a third, but AWS can interrupt a task with two minutes' notice; a running job is then lost."
  type        = list(string)
  default     = ["FARGATE"]
  nullable    = false

  validation {
    condition     = length(var.capacity_providers) > 0 && alltrue([for one in var.capacity_providers : contains(["FARGATE", "FARGATE_SPOT"], one)])
    error_message = "capacity_providers holds ${join(", ", var.capacity_providers)}; allowed: FARGATE, FARGATE_SPOT or both, in the order to try them."
  }
}

variable "ephemeral_storage_gib" {
  description = "Ephemeral storage of a runner, in GiB; Fargate includes 20 GiB."
  type        = number
  default     = 20
  nullable    = false

  validation {
    condition     = var.ephemeral_storage_gib >= 20 && var.ephemeral_storage_gib <= 200 && floor(var.ephemeral_storage_gib) == var.ephemeral_storage_gib
    error_message = "ephemeral_storage_gib is ${var.ephemeral_storage_gib}; allowed: a whole number from 20 to 200."
  }
}

variable "architecture" {
  description = "CPU architecture of the runners, as GitHub names it: x64 or arm64."
  type        = string
  default     = "x64"
  nullable    = false

  validation {
    condition     = contains(["x64", "arm64"], var.architecture)
    error_message = "architecture is \"${var.architecture}\"; allowed: x64, arm64."
  }
}

variable "container_insights" {
  description = "Whether Container Insights is enabled for the cluster; it is billed per task."
  type        = bool
  default     = false
  nullable    = false
}

# ---------------------------------------------------------------------------------------------------------------------
# Images
# ---------------------------------------------------------------------------------------------------------------------

variable "image_builds" {
  description = "Whether the fleet builds runner images. If false, every runner uses the image with the tag runner_image_tag, which you push yourself, and jobs with image: labels are rejected."
  type        = bool
  default     = true
  nullable    = false
}

variable "image_build_project" {
  description = "Name of an existing CodeBuild project that builds runner images; null to create one. It gets the environment variables IMAGE_TAG and BASE_IMAGE and must push to the fleet's repository."
  type        = string
  default     = null

  validation {
    condition     = var.image_build_project == null || can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{1,149}$", var.image_build_project))
    error_message = "image_build_project is \"${coalesce(var.image_build_project, "null")}\"; allowed: the name of a CodeBuild project, letters, digits, '_' and '-', or null."
  }

  validation {
    condition     = var.image_build_project == null || var.image_builds
    error_message = "image_build_project is \"${coalesce(var.image_build_project, "null")}\", but image_builds is false; set one or the other."
  }
}

variable "runner_image_tag" {
  description = "Tag, in the fleet's repository, of the runner image if image_builds is false."
  type        = string
  default     = "runner"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", var.runner_image_tag))
    error_message = "runner_image_tag is \"${var.runner_image_tag}\"; allowed: letters, digits, '_', '.' and '-', at most 128 characters."
  }
}

variable "default_image" {
  description = "Base image for jobs without an image: label."
  type        = string
  default     = "public.ecr.aws/docker/library/ubuntu:24.04"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9.:/_-]*(@sha256:[0-9a-f]{64})?$", var.default_image)) && length(var.default_image) <= 384
    error_message = "default_image is \"${var.default_image}\"; allowed: [HOST/]NAME[:TAG][@sha256:DIGEST]."
  }
}

variable "allowed_images" {
  description = "Patterns of the base images that a job can request with the label image:BASE. Registry, path and tag are matched separately; * matches any text within one part of them. A pattern without a tag matches any tag."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for one in var.allowed_images : can(regex("^[A-Za-z0-9.:/_@*?-]+$", one))])
    error_message = "allowed_images holds ${join(", ", var.allowed_images)}; allowed in a pattern: what an image's name has, * and ?, no space and no comma."
  }
}

variable "max_image_builds_per_day" {
  description = "Maximum number of image builds per day (UTC) that image: labels can cause. Jobs over the limit are rejected with that reason. Builds of the default image do not count."
  type        = number
  default     = 50
  nullable    = false

  validation {
    condition     = var.max_image_builds_per_day >= 1 && floor(var.max_image_builds_per_day) == var.max_image_builds_per_day
    error_message = "max_image_builds_per_day is ${var.max_image_builds_per_day}; allowed: a whole number from 1 on."
  }
}

variable "max_repository_image_builds_per_day" {
  description = "Maximum number of max_image_builds_per_day that the jobs of one repository can cause."
  type        = number
  default     = 20
  nullable    = false

  validation {
    condition     = var.max_repository_image_builds_per_day >= 1 && floor(var.max_repository_image_builds_per_day) == var.max_repository_image_builds_per_day
    error_message = "max_repository_image_builds_per_day is ${var.max_repository_image_builds_per_day}; allowed: a whole number from 1 on."
  }
}

# CodeBuild refuses a limit above the account's quota, which is 0 or 1 in a new account, so there is no default.
# Source: github.com/hashicorp/terraform-provider-aws pull request 37748.
variable "max_image_builds_at_once" {
  description = "Maximum number of concurrent image builds, at most the account's quota of concurrent builds; null for that quota. Builds over the limit wait, and the history of their jobs shows it. Not used with image_build_project."
  type        = number
  default     = null

  validation {
    condition     = var.max_image_builds_at_once == null || try(var.max_image_builds_at_once >= 1 && floor(var.max_image_builds_at_once) == var.max_image_builds_at_once, false)
    error_message = "max_image_builds_at_once is ${coalesce(var.max_image_builds_at_once, 0)}; allowed: a whole number from 1 on, or null."
  }
}

variable "image_unused_days" {
  description = "Number of days without a pull after which a runner image is deleted. The current default image is kept. The next job that requests a deleted image causes a new build."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.image_unused_days >= 2 && floor(var.image_unused_days) == var.image_unused_days
    error_message = "image_unused_days is ${var.image_unused_days}; allowed: a whole number from 2 on, because ECR records a pull within a day."
  }
}

variable "runner_version" {
  description = "Version of the GitHub Actions runner in the images."
  type        = string
  default     = "2.338.0"
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]+[.][0-9]+[.][0-9]+$", var.runner_version))
    error_message = "runner_version is \"${var.runner_version}\"; allowed: a version such as 2.338.0."
  }
}

variable "runner_version_released" {
  description = "Date on which GitHub released runner_version, as YYYY-MM-DD. An alarm goes off when it is too long ago."
  type        = string
  default     = "2026-10-06"
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", var.runner_version_released)) && can(timeadd("${var.runner_version_released}T00:00:00Z", "0s"))
    error_message = "runner_version_released is \"${var.runner_version_released}\"; allowed: a day, YYYY-MM-DD."
  }
}

variable "runner_sha256" {
  description = "SHA-256 checksum of GitHub's archive of runner_version for the architecture; null for the checksum in runner/versions.env, which is valid for the default version."
  type        = string
  default     = null

  validation {
    condition     = var.runner_sha256 == null || can(regex("^[0-9a-f]{64}$", var.runner_sha256))
    error_message = "runner_sha256 is \"${coalesce(var.runner_sha256, "null")}\"; allowed: 64 hexadecimal digits in lower case, or null."
  }
}

variable "runner_download_url" {
  description = "Base URL of the archives of the GitHub Actions runner: <URL>/v<version>/actions-runner-linux-<architecture>-<version>.tar.gz. A mirror needs only these files; the checksum is verified in any case. The URL must not contain credentials, because image histories show it."
  type        = string
  default     = "https://github.com/actions/runner/releases/download"
  nullable    = false

  validation {
    condition     = can(regex("^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~%+-]+)*$", var.runner_download_url))
    error_message = "runner_download_url is \"${var.runner_download_url}\"; allowed: https://HOST[:PORT][/PATH], no / at the end."
  }
}

variable "buildkit_image" {
  description = "Image of BuildKit, which compresses runner images with zstd; null for gzip, as also when it can't be pulled. A mirror avoids Docker Hub's rate limit; one in ECR must be in the fleet's account and Region."
  type        = string
  default     = "moby/buildkit:buildx-stable-1"

  # The grammar of runner/build.sh, which would refuse every build.
  validation {
    condition     = var.buildkit_image == null || can(regex("^([a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?([.][a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*(:[0-9]{1,5})?/)?[a-z0-9]+(([.]|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+(([.]|_|__|-+)[a-z0-9]+)*)*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$", var.buildkit_image))
    error_message = "buildkit_image is \"${coalesce(var.buildkit_image, "null")}\"; allowed: [HOST/]NAME[:TAG][@sha256:DIGEST], or null for gzip."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Limits
# ---------------------------------------------------------------------------------------------------------------------

variable "runner_ttl_seconds" {
  description = "Maximum lifetime of a runner in seconds, busy or not. timeout-minutes in a workflow limits its jobs at GitHub."
  type        = number
  default     = 7200
  nullable    = false

  validation {
    condition     = var.runner_ttl_seconds >= 300 && var.runner_ttl_seconds <= 432000 && floor(var.runner_ttl_seconds) == var.runner_ttl_seconds
    error_message = "runner_ttl_seconds is ${var.runner_ttl_seconds}; allowed: a whole number from 300 to 432000 (five days, GitHub's limit of a job)."
  }
}

variable "timeouts" {
  description = "Timeouts in seconds: start (until the task of a runner runs), idle (until the runner takes a job), finish (from the end of the job until the task has stopped), stop (from the stop request until the task has stopped), image_build."
  type = object({
    start       = optional(number, 300)
    idle        = optional(number, 300)
    finish      = optional(number, 60)
    stop        = optional(number, 120)
    image_build = optional(number, 1800)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for value in values(var.timeouts) : value >= 1 && floor(value) == value])
    error_message = "timeouts holds ${join(", ", [for name, value in var.timeouts : "${name} ${value}"])}; allowed: whole numbers of at least 1."
  }

  validation {
    condition     = var.timeouts.image_build >= 300 && var.timeouts.image_build <= 28800
    error_message = "timeouts.image_build is ${var.timeouts.image_build}; allowed: 300 to 28800, as CodeBuild has it."
  }
}

variable "max_runners" {
  description = "Maximum number of concurrent runners. Jobs over the limit wait in order of arrival."
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition     = var.max_runners >= 1 && floor(var.max_runners) == var.max_runners
    error_message = "max_runners is ${var.max_runners}; allowed: a whole number of at least 1."
  }
}

variable "max_launches" {
  description = "Maximum number of launches for a job whose runners stop before they take a job. After that many the fleet gives the job up."
  type        = number
  default     = 3
  nullable    = false

  validation {
    condition     = var.max_launches >= 1 && floor(var.max_launches) == var.max_launches
    error_message = "max_launches is ${var.max_launches}; allowed: a whole number of at least 1."
  }
}

variable "commit_statuses" {
  description = "Commit statuses that show at GitHub why a job has no runner, which need the permission Commit statuses, write: enabled, pending_seconds (how long a job waits until it gets a pending one), url (what they link to)."
  type = object({
    enabled         = optional(bool, true)
    pending_seconds = optional(number, 600)
    url             = optional(string, "https://github.com/ecs-runner-fleet/ecs-runner-fleet/blob/main/docs/refused-jobs.md")
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.commit_statuses.pending_seconds >= 60 && floor(var.commit_statuses.pending_seconds) == var.commit_statuses.pending_seconds
    error_message = "commit_statuses.pending_seconds is ${var.commit_statuses.pending_seconds}; allowed: a whole number of at least 60."
  }

  validation {
    condition     = can(regex("^https?://[^ ]+$", var.commit_statuses.url))
    error_message = "commit_statuses.url is \"${var.commit_statuses.url}\"; allowed: an http or https URL."
  }
}

variable "cancel_refused_runs" {
  description = "Whether the workflow run of a refused job is cancelled at GitHub, with all of its jobs, instead of staying queued for a day. Needs the permission Actions, write."
  type        = bool
  default     = false
  nullable    = false
}

variable "lost_job_reruns" {
  description = "How often a job is run again that was lost with its runner's task, as in a Spot interruption; 0 for never. Attempts that people start count, too. Needs the permission Actions, write."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.lost_job_reruns >= 0 && var.lost_job_reruns <= 50 && floor(var.lost_job_reruns) == var.lost_job_reruns
    error_message = "lost_job_reruns is ${var.lost_job_reruns}; allowed: a whole number from 0 to 50, which is GitHub's limit."
  }
}

variable "circuit" {
  description = "Circuit breaker for launches: after this number of consecutive failures launches stop. After each pause (pause_seconds) one launch is tried."
  type = object({
    failures      = optional(number, 10)
    pause_seconds = optional(number, 60)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for value in values(var.circuit) : value >= 1 && floor(value) == value])
    error_message = "circuit holds ${join(", ", [for name, value in var.circuit : "${name} ${value}"])}; allowed: whole numbers of at least 1."
  }
}

variable "orphan_grace_seconds" {
  description = "Minimum age in seconds of a resource that the Janitor repairs or removes. The event of a younger one can still be in transit."
  type        = number
  default     = 120
  nullable    = false

  validation {
    condition     = var.orphan_grace_seconds >= 1 && floor(var.orphan_grace_seconds) == var.orphan_grace_seconds
    error_message = "orphan_grace_seconds is ${var.orphan_grace_seconds}; allowed: a whole number of at least 1."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Functions
# ---------------------------------------------------------------------------------------------------------------------

variable "janitor_schedule_expression" {
  description = "Schedule expression of the Janitor. Work whose nudge or event was lost waits for its next run."
  type        = string
  default     = "rate(1 minute)"
  nullable    = false

  validation {
    condition     = can(regex("^(rate\\((1 (minute|hour|day)|([2-9]|[1-9][0-9]+) (minutes|hours|days))\\)|cron\\([^ ()]+( [^ ()]+){5}\\))$", var.janitor_schedule_expression))
    error_message = "janitor_schedule_expression is \"${var.janitor_schedule_expression}\"; allowed: rate(1 minute), rate(N minutes), likewise hour and day, or cron(...) with six fields."
  }
}

variable "function_memory_mib" {
  description = "Memory of each function in MiB; Lambda allocates CPU in proportion to it."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = var.function_memory_mib >= 256 && var.function_memory_mib <= 10240 && floor(var.function_memory_mib) == var.function_memory_mib
    error_message = "function_memory_mib is ${var.function_memory_mib}; allowed: a whole number from 256 to 10240."
  }
}

# All other uses of these numbers derive from this variable. A FIFO queue delivers at most ten messages in one batch.
# Source: AWS Lambda Developer Guide, "Creating and configuring an Amazon SQS event source mapping" and "Configuring scaling behavior for SQS
# event source mappings" (maximum concurrency 2 to 1000).
variable "consumers" {
  description = "Settings of each queue consumer: batch_size (messages per invocation), concurrency (maximum concurrent invocations), timeout_seconds (of an invocation; the visibility timeout is six times as long)."
  type = object({
    scheduler = optional(object({
      batch_size      = optional(number, 1)
      concurrency     = optional(number, 24)
      timeout_seconds = optional(number, 120)
    }), {})
    reconciler = optional(object({
      batch_size      = optional(number, 1)
      concurrency     = optional(number, 50)
      timeout_seconds = optional(number, 120)
    }), {})
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for one in values(var.consumers) : one.batch_size >= 1 && one.batch_size <= 10 && floor(one.batch_size) == one.batch_size])
    error_message = "consumers: batch_size is ${join(", ", [for name, one in var.consumers : "${one.batch_size} (${name})"])}; allowed: a whole number from 1 to 10."
  }

  validation {
    condition     = alltrue([for one in values(var.consumers) : one.concurrency >= 2 && one.concurrency <= 1000 && floor(one.concurrency) == one.concurrency])
    error_message = "consumers: concurrency is ${join(", ", [for name, one in var.consumers : "${one.concurrency} (${name})"])}; allowed: a whole number from 2 to 1000."
  }

  validation {
    condition     = alltrue([for one in values(var.consumers) : one.timeout_seconds >= 30 && one.timeout_seconds <= 900 && floor(one.timeout_seconds) == one.timeout_seconds])
    error_message = "consumers: timeout_seconds is ${join(", ", [for name, one in var.consumers : "${one.timeout_seconds} (${name})"])}; allowed: a whole number from 30 (a launch may take so long) to 900 (Lambda's limit)."
  }
}

variable "reserved_concurrency" {
  description = "Reserved concurrency by function name, which is also the maximum concurrency of that function. Empty by default, because new accounts have a concurrency limit of 10 and Lambda rejects reservations in them."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name, value in var.reserved_concurrency : contains(["ingest", "outbox", "scheduler", "reconciler", "janitor"], name) && value >= 1 && floor(value) == value])
    error_message = "reserved_concurrency holds ${join(", ", [for name, value in var.reserved_concurrency : "${name} ${value}"])}; allowed: ingest, outbox, scheduler, reconciler, janitor, each with a whole number of at least 1."
  }

  validation {
    condition     = alltrue([for name, value in var.reserved_concurrency : value >= var.consumers[name].concurrency if contains(["scheduler", "reconciler"], name)])
    error_message = "reserved_concurrency of scheduler and reconciler must be at least their concurrency in consumers, ${join(", ", [for name, one in var.consumers : "${one.concurrency} (${name})"])}; otherwise throttled invocations use up the receives of messages, which then move to the dead-letter queue."
  }
}

variable "snap_start" {
  description = "Whether Lambda SnapStart is enabled for ingest: cold starts are faster and cost slightly more."
  type        = bool
  default     = false
  nullable    = false
}

# With WARN and above Lambda would drop the metrics and the tracebacks of uncaught errors. Lambda filters JSON logs by their key "level". A record
# without that key, such as a metric in the embedded metric format, counts as INFO.
# Source: AWS Lambda Developer Guide, "Log-level filtering".
variable "log_level" {
  description = "Log level of the functions: DEBUG or INFO. With a higher level Lambda would drop the metrics on which the alarms depend, and the lines that the dashboard counts."
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO"], var.log_level)
    error_message = "log_level is \"${var.log_level}\"; allowed: DEBUG, INFO. At WARN and above Lambda would drop the functions' metrics."
  }
}

variable "dashboard" {
  description = "Whether the CloudWatch dashboard is created. It costs $3 a month, except for an account's first three."
  type        = bool
  default     = true
  nullable    = false
}

variable "fargate_prices" {
  description = "Prices in US dollars from which the dashboard estimates the cost of tasks: of a vCPU and of a GB of memory for an hour, and the price of FARGATE_SPOT as a part of them (0 to 1); null for the list prices of us-east-1."
  type        = object({ vcpu_hour = number, gb_hour = number, spot_ratio = optional(number, 0.35) })
  default     = null

  validation {
    condition = var.fargate_prices == null ? true : (
      var.fargate_prices.vcpu_hour >= 0 && var.fargate_prices.gb_hour >= 0 && var.fargate_prices.spot_ratio >= 0 && var.fargate_prices.spot_ratio <= 1
    )
    error_message = "fargate_prices is ${jsonencode(var.fargate_prices)}; allowed: prices of at least 0, spot_ratio from 0 to 1."
  }
}

variable "tracing" {
  description = "Whether AWS X-Ray traces the functions. It costs $5 for a million traces, after 100,000 a month. The log of events shows what happened without it."
  type        = bool
  default     = false
  nullable    = false
}

variable "log_retention_days" {
  description = "Retention of all log groups in days."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}; allowed, as CloudWatch has it: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653."
  }
}

variable "webhook_throttle" {
  description = "Throttling of the webhook API: rate (requests per second) and burst. Requests over the limit get status 429, and GitHub does not retry them automatically. The account's limits in the Region also apply."
  type = object({
    rate  = optional(number, 1000)
    burst = optional(number, 5000)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.webhook_throttle.rate >= 1 && var.webhook_throttle.burst >= 1 && var.webhook_throttle.rate <= 10000 && var.webhook_throttle.burst <= 5000 && floor(var.webhook_throttle.burst) == var.webhook_throttle.burst
    error_message = "webhook_throttle is rate ${var.webhook_throttle.rate} and burst ${var.webhook_throttle.burst}; allowed: a rate from 1 to 10000, a burst from 1 to 5000."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Alarms
# ---------------------------------------------------------------------------------------------------------------------

variable "alarm_topic_arn" {
  description = "ARN of the SNS topic for alarm notifications; null for no notifications."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_topic_arn == null || can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", var.alarm_topic_arn))
    error_message = "alarm_topic_arn is \"${coalesce(var.alarm_topic_arn, "null")}\"; allowed: the ARN of a topic, arn:aws:sns:REGION:ACCOUNT:NAME, or null."
  }
}

variable "alarm_thresholds" {
  description = "Alarm thresholds: oldest_message_seconds (age of a nudge), launch_failures (in five minutes), refused_requests (4xx responses of the HTTP API in five minutes, including 429), runner_version_days (age of the runner version), runner_version_days_left (before its end by GitHub's schedule)."
  type = object({
    oldest_message_seconds   = optional(number, 1800)
    launch_failures          = optional(number, 5)
    refused_requests         = optional(number, 100)
    runner_version_days      = optional(number, 60)
    runner_version_days_left = optional(number, 14)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for value in values(var.alarm_thresholds) : value >= 0])
    error_message = "alarm_thresholds holds ${join(", ", [for name, value in var.alarm_thresholds : "${name} ${value}"])}; allowed: numbers of at least 0."
  }
}
