variable "prefix" {
  description = "Begins the name of every resource."
  type        = string
}

variable "here" {
  description = "The account, its partition and the Region that the resources are in."
  type        = object({ account_id = string, partition = string, region = string })
}

variable "functions" {
  description = "Name of each function in AWS, by its name here."
  type        = map(string)
}

variable "consumer_queues" {
  description = "Name of each consumer's queue."
  type        = map(string)
}

variable "dead_queues" {
  description = "Names of the queues in which nothing should ever be, by what they hold."
  type        = map(string)
}

variable "api_id" {
  description = "Id of the webhook's HTTP API."
  type        = string
}

variable "janitor_schedule_expression" {
  description = "When the Janitor runs; after three times that long without a run an alarm goes off."
  type        = string
}

variable "oldest_message_seconds" {
  description = "How old a nudge may get."
  type        = number
}

variable "refused_requests" {
  description = "How many requests the HTTP API may answer with 4xx in five minutes."
  type        = number
}

variable "launch_failures" {
  description = "How many launches may fail in five minutes."
  type        = number
}

variable "runner_version" {
  description = "Version of GitHub's runner."
  type        = string
}

variable "runner_version_released" {
  description = "Day on which GitHub released it, YYYY-MM-DD."
  type        = string
}

variable "runner_version_days" {
  description = "How old the version may get. GitHub gives no jobs to a version 30 days after the release of the next one, and releases about every month."
  type        = number
}

variable "alarm_topic_arn" {
  description = "SNS topic that alarms are sent to; null for nowhere."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}
