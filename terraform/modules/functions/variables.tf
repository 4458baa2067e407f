variable "prefix" {
  description = "Prefix of the name of every resource."
  type        = string
}

variable "here" {
  description = "Account ID, partition and Region of the resources."
  type        = object({ account_id = string, partition = string, region = string })
}

variable "release" {
  description = "Version of the project, which the descriptions of the functions contain."
  type        = string
}

variable "package_dir" {
  description = "Directory with the output of `make package`: functions/<name>.zip and layer.zip."
  type        = string
}

variable "environments" {
  description = "Environment variables of each function, by its name."
  type        = map(map(string))

  validation {
    condition     = toset(keys(var.environments)) == toset(["ingest", "outbox", "scheduler", "reconciler", "janitor"])
    error_message = "environments holds ${join(", ", keys(var.environments))}; it must hold ingest, janitor, outbox, reconciler, scheduler."
  }
}

variable "timeouts" {
  description = "Timeout of an invocation in seconds, by function name."
  type        = map(number)
}

variable "memory_mib" {
  description = "Memory of each function in MiB; Lambda allocates CPU in proportion to it."
  type        = number
}

variable "events_table" {
  description = "Name, ARN and stream ARN of the events table."
  type        = object({ name = string, arn = string, stream_arn = string })
}

variable "runners_table" {
  description = "Name and ARN of the runners table."
  type        = object({ name = string, arn = string })
}

variable "queues" {
  description = "Each consumer's queue."
  type        = map(object({ name = string, arn = string, url = string }))
}

variable "dead_letters" {
  description = "Each consumer's dead-letter queue."
  type        = map(object({ name = string, arn = string, url = string }))
}

variable "failed_events" {
  description = "The queue for asynchronous invocations that failed in every attempt."
  type        = object({ name = string, arn = string, url = string })
}

variable "undelivered" {
  description = "The queue for records, events and notices that could not be delivered."
  type        = object({ name = string, arn = string, url = string })
}

variable "cluster" {
  description = "The ECS cluster of the runners."
  type        = object({ name = string, arn = string })
}

variable "task_family" {
  description = "Family of the base task definition. The families of the images' task definitions begin with it."
  type        = string
}

variable "task_roles" {
  description = "ARNs of the task role and the execution role of runners."
  type        = object({ execution = string, task = string })
}

variable "bucket" {
  description = "The bucket of the environment files."
  type        = object({ name = string, arn = string })
}

variable "repository" {
  description = "The repository of the runner images."
  type        = object({ name = string, arn = string, url = string })
}

variable "build_project" {
  description = "Name of the CodeBuild project of the runner images; null if no images are built."
  type        = string
  default     = null
}

variable "class_sizes" {
  description = "The parameter that holds the class sizes."
  type        = object({ name = string, arn = string })
}

variable "github_secrets" {
  description = "Secrets that the functions that call GitHub read."
  type        = list(object({ name = string, arn = string, secret_arn = string }))
}

variable "webhook_secrets" {
  description = "Secrets with which ingest verifies signatures."
  type        = list(object({ name = string, arn = string, secret_arn = string }))
}

variable "event_bus" {
  description = "The fleet's event bus."
  type        = object({ name = string, arn = string })
}

variable "janitor_schedule_expression" {
  description = "Schedule expression of the Janitor."
  type        = string
}

variable "consumers" {
  description = "Batch size and maximum concurrency of each queue consumer."
  type        = map(object({ batch_size = number, concurrency = number }))
}

variable "reserved_concurrency" {
  description = "Reserved concurrency, by function name."
  type        = map(number)
}

variable "snap_start" {
  description = "Whether Lambda SnapStart is enabled for ingest."
  type        = bool
}

variable "tracing" {
  description = "Whether AWS X-Ray traces the functions."
  type        = bool
}

variable "log_level" {
  description = "Log level of the functions."
  type        = string
}

variable "log_retention_days" {
  description = "Retention of the functions' logs in days."
  type        = number
}

variable "kms_key_arn" {
  description = "ARN of the KMS key of all resources that the functions read and write; null for AWS's own keys."
  type        = string
  default     = null
}

variable "permissions_boundary_arn" {
  description = "ARN of the permissions boundary of the roles; null for none."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags for all resources."
  type        = map(string)
  default     = {}
}
