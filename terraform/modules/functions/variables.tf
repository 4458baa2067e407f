variable "prefix" {
  description = "Begins the name of every resource."
  type        = string
}

variable "here" {
  description = "The account, its partition and the Region that the resources are in."
  type        = object({ account_id = string, partition = string, region = string })
}

variable "package_dir" {
  description = "Folder of what `make package` builds: functions/<name>.zip and layer.zip."
  type        = string
}

variable "environments" {
  description = "Variables of each function, by its name."
  type        = map(map(string))

  validation {
    condition     = toset(keys(var.environments)) == toset(["ingest", "outbox", "scheduler", "reconciler", "janitor"])
    error_message = "environments holds ${join(", ", keys(var.environments))}; it must hold ingest, janitor, outbox, reconciler, scheduler."
  }
}

variable "timeouts" {
  description = "Seconds that an invocation may take, by the function's name."
  type        = map(number)
}

variable "memory_mib" {
  description = "Memory of each function; its share of a processor follows from it."
  type        = number
}

variable "events_table" {
  description = "The table of the events."
  type        = object({ name = string, arn = string, stream_arn = string })
}

variable "runners_table" {
  description = "The table of the runners."
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
  description = "The queue of asynchronous invocations that failed on every try."
  type        = object({ name = string, arn = string, url = string })
}

variable "undelivered" {
  description = "The queue of what the log's stream, rules and the schedule could not hand over."
  type        = object({ name = string, arn = string, url = string })
}

variable "cluster" {
  description = "The cluster of the runners."
  type        = object({ name = string, arn = string })
}

variable "task_family" {
  description = "Family of the base task definition; those of the images begin with it."
  type        = string
}

variable "task_roles" {
  description = "ARNs of the two roles of a runner's task."
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
  description = "Name of the CodeBuild project of the runner images; null where none are built."
  type        = string
  default     = null
}

variable "class_sizes" {
  description = "The parameter of the class sizes."
  type        = object({ name = string, arn = string })
}

variable "github_secrets" {
  description = "What the functions that talk to GitHub read."
  type        = list(object({ name = string, arn = string, secret_arn = string }))
}

variable "webhook_secrets" {
  description = "What ingest reads to check signatures."
  type        = list(object({ name = string, arn = string, secret_arn = string }))
}

variable "event_bus" {
  description = "The fleet's own bus."
  type        = object({ name = string, arn = string })
}

variable "janitor_schedule_expression" {
  description = "When the Janitor runs."
  type        = string
}

variable "consumers" {
  description = "Of each consumer of a queue: how many messages an invocation gets, and how many invocations there may be at once."
  type        = map(object({ batch_size = number, concurrency = number }))
}

variable "reserved_concurrency" {
  description = "Environments kept for, and at most used by, a function, by its name."
  type        = map(number)
}

variable "snap_start" {
  description = "Whether ingest starts from snapshots."
  type        = bool
}

variable "log_level" {
  description = "What the functions log."
  type        = string
}

variable "log_retention_days" {
  description = "How long the functions' logs are kept."
  type        = number
}

variable "kms_key_arn" {
  description = "KMS key of everything that the functions read and write; null for AWS's own."
  type        = string
  default     = null
}

variable "permissions_boundary_arn" {
  description = "Policy that bounds the roles; null for none."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}
