output "bucket" {
  value = aws_s3_bucket.reports.id
}

output "topic_arn" {
  value = aws_sns_topic.told.arn
}

output "state_machine_arn" {
  value = aws_sfn_state_machine.machine.arn
}

output "scan_role_arn" {
  description = "Whom the scan role in each account trusts (member.yaml, ScanPrincipalArn)"
  value       = aws_iam_role.function["scan"].arn
}

output "fix_role_arn" {
  description = "Whom the fix role in each account trusts (member.yaml, FixPrincipalArn)"
  value       = local.fixes ? aws_iam_role.function["fix"].arn : null
}
