output "events_table" {
  description = "Name, ARN and stream of the table of the events."
  value = {
    name       = aws_dynamodb_table.events.name
    arn        = aws_dynamodb_table.events.arn
    stream_arn = aws_dynamodb_table.events.stream_arn
  }
}

output "runners_table" {
  description = "Name and ARN of the table of the runners."
  value = {
    name = aws_dynamodb_table.runners.name
    arn  = aws_dynamodb_table.runners.arn
  }
}
