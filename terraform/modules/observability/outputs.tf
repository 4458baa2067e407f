output "dashboard" {
  description = "Name of the dashboard; null without one."
  value       = one(aws_cloudwatch_dashboard.fleet[*].dashboard_name)
}

output "alarms" {
  description = "Names of the alarms."
  value = concat(
    [for alarm in aws_cloudwatch_metric_alarm.sum : alarm.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.dead : alarm.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.oldest : alarm.alarm_name],
    [for alarm in [
      aws_cloudwatch_metric_alarm.outbox_late, aws_cloudwatch_metric_alarm.janitor_silent, aws_cloudwatch_metric_alarm.runner_version,
      aws_cloudwatch_metric_alarm.runner_version_ends
    ] : alarm.alarm_name],
  )
}
