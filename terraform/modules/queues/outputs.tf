output "consumers" {
  description = "Name, ARN and URL of each consumer's queue."
  value       = { for name, queue in aws_sqs_queue.consumer : name => { name = queue.name, arn = queue.arn, url = queue.url } }
}

output "dead_letters" {
  description = "Name, ARN and URL of each consumer's dead-letter queue."
  value       = { for name, queue in aws_sqs_queue.dead : name => { name = queue.name, arn = queue.arn, url = queue.url } }
}

output "failed_events" {
  description = "Name, ARN and URL of the queue for asynchronous invocations that failed in every attempt."
  value = {
    name = aws_sqs_queue.failed_events.name
    arn  = aws_sqs_queue.failed_events.arn
    url  = aws_sqs_queue.failed_events.url
  }
}

output "undelivered" {
  description = "Name, ARN and URL of the queue for records, events and notices that could not be delivered."
  value = {
    name = aws_sqs_queue.undelivered.name
    arn  = aws_sqs_queue.undelivered.arn
    url  = aws_sqs_queue.undelivered.url
  }
}

output "visibility_timeouts_seconds" {
  description = "Visibility timeout in seconds, by consumer."
  value       = { for name, queue in aws_sqs_queue.consumer : name => queue.visibility_timeout_seconds }
}
