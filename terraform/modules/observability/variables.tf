variable "prefix" {
  description = "Prefix of the name of every resource."
  type        = string
}

variable "here" {
  description = "Account ID, partition and Region of the resources."
  type        = object({ account_id = string, partition = string, region = string })
}

variable "functions" {
  description = "Name of each function in AWS, by its short name such as ingest."
  type        = map(string)
}

variable "consumer_queues" {
  description = "Name of each consumer's queue."
  type        = map(string)
}

variable "dead_queues" {
  description = "Names of the queues for failures, by content. A message in one of them sets off an alarm."
  type        = map(string)
}

variable "api_id" {
  description = "ID of the webhook's HTTP API."
  type        = string
}

variable "janitor_schedule_expression" {
  description = "Schedule expression of the Janitor. An alarm goes off after three periods without a run."
  type        = string
}

variable "oldest_message_seconds" {
  description = "Age in seconds of the oldest nudge in a queue that sets off an alarm."
  type        = number
}

variable "refused_requests" {
  description = "Number of 4xx responses of the HTTP API in five minutes above which an alarm goes off."
  type        = number
}

variable "launch_failures" {
  description = "Number of failed launches in five minutes that sets off an alarm."
  type        = number
}

variable "runner_version" {
  description = "Version of the GitHub Actions runner."
  type        = string
}

variable "runner_version_released" {
  description = "Date on which GitHub released that version, as YYYY-MM-DD."
  type        = string
}

variable "runner_version_days" {
  description = "Age of the runner version in days that sets off an alarm. GitHub assigns no jobs to a version 30 days after the release of the next one, and releases about one version per month."
  type        = number
}

variable "runner_version_days_left" {
  description = "Number of days before the end of the runner version, by GitHub's schedule, below which an alarm goes off."
  type        = number
}

variable "alarm_topic_arn" {
  description = "ARN of the SNS topic for alarm notifications; null for no notifications."
  type        = string
  default     = null
}

variable "dashboard" {
  description = "Whether a dashboard is created."
  type        = bool
}

variable "architecture" {
  description = "CPU architecture of the runners: x64 or arm64."
  type        = string
}

variable "fargate_prices" {
  description = "Prices in US dollars from which the dashboard estimates the cost of tasks: of a vCPU and of a GB of memory for an hour, and the price of FARGATE_SPOT as a part of them; null for the list prices of us-east-1."
  type        = object({ vcpu_hour = number, gb_hour = number, spot_ratio = number })
  default     = null
}

variable "tags" {
  description = "Tags for all resources."
  type        = map(string)
  default     = {}
}
