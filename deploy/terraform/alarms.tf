locals {
  of_machine = { StateMachine = aws_sfn_state_machine.machine.name }
  of_runs    = { StateMachineArn = aws_sfn_state_machine.machine.arn }

  alarms = merge(
    {
      not-all-scanned = { namespace = "KonectaAudit", metric = "TargetsUnscanned", dimensions = local.of_machine, statistic = "Maximum", description = "A run ended, and some targets could not be entered or read at all; its roll-up names them" }
      not-all-seen    = { namespace = "KonectaAudit", metric = "TargetsIncomplete", dimensions = local.of_machine, statistic = "Maximum", description = "A run ended, and of some targets not everything could be seen; its roll-up names them" }
      run-failed      = { namespace = "AWS/States", metric = "ExecutionsFailed", dimensions = local.of_runs, statistic = "Sum", description = "A run failed before its roll-up" }
      run-timed-out   = { namespace = "AWS/States", metric = "ExecutionsTimedOut", dimensions = local.of_runs, statistic = "Sum", description = "A run took longer than 23 hours" }
      run-aborted     = { namespace = "AWS/States", metric = "ExecutionsAborted", dimensions = local.of_runs, statistic = "Sum", description = "A run was stopped" }
      not-delivered   = { namespace = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = aws_sqs_queue.dead_letters.name }, statistic = "Maximum", description = "The dead-letter queue is not empty - a run was not started, or an event to the function was given up" }
    },
    {
      for name, function in aws_lambda_function.function : "${name}-failed" => {
        namespace   = "AWS/Lambda"
        metric      = "Errors"
        dimensions  = { FunctionName = function.function_name }
        statistic   = "Sum"
        description = "The function could do nothing at all - no credentials, no bucket, a request that makes no sense, or out of time or memory"
      }
    },
  )
}

resource "aws_cloudwatch_metric_alarm" "alarm" {
  for_each            = local.alarms
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.told.arn]
}

resource "aws_cloudwatch_metric_alarm" "nothing_expected" {
  alarm_name          = "${var.name}-nothing-expected"
  alarm_description   = "A run ended that expected no target at all - no account, or none that may be entered"
  namespace           = "KonectaAudit"
  metric_name         = "TargetsExpected"
  dimensions          = local.of_machine
  statistic           = "Minimum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.told.arn]
}

resource "aws_cloudwatch_metric_alarm" "no_run" {
  alarm_name          = "${var.name}-no-run"
  alarm_description   = "No run has come to its end for days"
  namespace           = "KonectaAudit"
  metric_name         = "TargetsExpected"
  dimensions          = local.of_machine
  statistic           = "SampleCount"
  period              = 86400
  evaluation_periods  = var.silence_days
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.told.arn]
}
