output "events_table" {
  description = "Name, ARN and stream ARN of the events table."
  value = {
    name       = aws_dynamodb_table.events.name
    arn        = aws_dynamodb_table.events.arn
    stream_arn = aws_dynamodb_table.events.stream_arn
  }
}

output "runners_table" {
  description = "Name and ARN of the runners table."
  value = {
    name = aws_dynamodb_table.runners.name
    arn  = aws_dynamodb_table.runners.arn
  }
}
