variable "prefix" {
  description = "Begins the name of every resource."
  type        = string
}

variable "here" {
  description = "The account, its partition and the Region that the resources are in."
  type        = object({ account_id = string, partition = string, region = string })
}

variable "consumer_timeout_seconds" {
  description = "Timeout of the functions that read the queues. A message is hidden for six times as long."
  type        = number
}

variable "max_receives" {
  description = "After so many receives a message is dead. Each wait for a later attempt is one of them, too."
  type        = number
}

variable "stream_arn" {
  description = "Stream of the table of the events, which feeds the queues."
  type        = string
}

variable "stream_settle_seconds" {
  description = "How many seconds a new log's stream is given before pipes read it: AWS has the table ready before its stream can be read. 0 waits not at all, and needs no `sleep` on this machine."
  type        = number
}

variable "kms_key_arn" {
  description = "KMS key that encrypts the queues; null for keys that SQS owns."
  type        = string
  default     = null
}

variable "permissions_boundary_arn" {
  description = "Policy that bounds the pipes' roles; null for none."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}
