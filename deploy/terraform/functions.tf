# Two functions of one zip: `scan` reads; `fix`, which is there only where fix_controls names something, may change as well.

locals {
  fixes = length(var.fix_controls) > 0
  functions = merge(
    { scan = { role_name = var.role_name, concurrency = var.reserved_concurrency, description = "Plans, scans targets, rolls up" } },
    local.fixes ? { fix = { role_name = var.fix_role_name, concurrency = var.fix_reserved_concurrency, description = "Scans targets and carries out the remedies of fix_controls" } } : {},
  )

  # The statements that a deployment of this kind needs, and which of the functions; what `konecta-audit permissions --lambda`
  # prints has all. Targets are handed to the one that fixes, and it never asks whose they are.
  uses = {
    KonectaAuditKeep               = ["scan", "fix"]
    KonectaAuditClear              = ["scan", "fix"]
    KonectaAuditUnlock             = ["fix"]
    KonectaAuditList               = ["scan", "fix"]
    KonectaAuditTell               = ["scan", "fix"]
    KonectaAuditEncrypt            = var.kms_key_arn == null ? [] : ["scan", "fix"]
    KonectaAuditBlueprintObject    = var.config_object == "" ? [] : ["scan", "fix"]
    KonectaAuditBlueprintParameter = var.config_parameter == "" ? [] : ["scan", "fix"]
    KonectaAuditSecurityHub        = var.security_hub ? ["scan", "fix"] : []
    KonectaAuditOrganization       = var.accounts == "organization" ? ["scan"] : []
    KonectaAuditEnter              = var.accounts == "" ? [] : ["scan", "fix"]
  }

  # The calls of the remedies that fix_controls names, and the statements with these alone.
  calls = distinct(flatten([for control in var.fix_controls : lookup(jsondecode(file("${path.module}/policies/fix-controls.json")), control, [])]))
  fix_statements = [
    for statement in jsondecode(templatefile("${path.module}/policies/fix.json", {
      Partition   = data.aws_partition.current.partition
      Account     = data.aws_caller_identity.current.account_id
      FlowLogRole = var.flow_log_role
    })).Statement : merge(statement, { Action = [for action in statement.Action : action if contains(local.calls, action)] })
    if length(setintersection(statement.Action, local.calls)) > 0 && (statement.Sid != "KonectaAuditFixFlowLogRole" || var.flow_log_role != "")
  ]

  boundary = var.permissions_boundary == "" ? null : "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:policy/${var.permissions_boundary}"

  statements = {
    for name, function in local.functions : name => [
      for statement in jsondecode(templatefile("${path.module}/policies/function.json", {
        Partition       = data.aws_partition.current.partition
        Region          = data.aws_region.current.region
        Account         = data.aws_caller_identity.current.account_id
        Bucket          = aws_s3_bucket.reports.id
        KeyPrefix       = var.key_prefix
        KmsKeyArn       = var.kms_key_arn == null ? "" : var.kms_key_arn
        ConfigObject    = var.config_object
        ConfigParameter = var.config_parameter
        TopicArn        = aws_sns_topic.told.arn
        RoleName        = function.role_name
      })).Statement : statement if contains(local.uses[statement.Sid], name)
    ]
  }

  settings = {
    KONECTA_BUCKET       = aws_s3_bucket.reports.id
    KONECTA_PREFIX       = var.key_prefix
    KONECTA_KMS_KEY      = var.kms_key_arn == null ? "" : var.kms_key_arn
    KONECTA_CONFIG       = var.config_object != "" ? "s3://${var.config_object}" : var.config_parameter != "" ? "ssm:${var.config_parameter}" : ""
    KONECTA_EXTERNAL_ID  = var.external_id
    KONECTA_ACCOUNTS     = var.accounts
    KONECTA_OU_INCLUDE   = join(",", var.ou_include)
    KONECTA_OU_EXCLUDE   = join(",", var.ou_exclude)
    KONECTA_REGIONS      = length(var.regions) == 0 ? "all" : join(",", var.regions)
    KONECTA_TOPIC        = aws_sns_topic.told.arn
    KONECTA_SECURITY_HUB = tostring(var.security_hub)
  }
}

resource "aws_cloudwatch_log_group" "function" {
  for_each          = local.functions
  name              = "/aws/lambda/${var.name}-${each.key}"
  retention_in_days = var.log_retention_days
}

# The roles in the other accounts trust it by this name.
resource "aws_iam_role" "function" {
  for_each             = local.functions
  name                 = "${var.name}-${each.key}-function"
  permissions_boundary = local.boundary

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_policy" "scan" {
  name        = "${var.name}-scan"
  description = "What konecta-audit reads"
  policy      = file("${path.module}/policies/scan.json")
}

resource "aws_iam_role_policy_attachment" "scan" {
  for_each   = local.functions
  role       = aws_iam_role.function[each.key].name
  policy_arn = aws_iam_policy.scan.arn
}

resource "aws_iam_role_policy" "fix" {
  count = local.fixes ? 1 : 0
  name  = "fix"
  role  = aws_iam_role.function["fix"].name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(local.fix_statements, [
      # Whatever it may do to roles, its own and those beside it are not among them.
      {
        Sid      = "NotItself"
        Effect   = "Deny"
        Action   = "iam:*"
        Resource = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:role/${var.name}-*"
      },
    ])
  })
}

resource "aws_iam_role_policy" "function" {
  for_each = local.functions
  name     = "function"
  role     = aws_iam_role.function[each.key].name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(local.statements[each.key], [
      {
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.function[each.key].arn}:*"
      },
      {
        Sid      = "DeadLetters"
        Effect   = "Allow"
        Action   = "sqs:SendMessage"
        Resource = aws_sqs_queue.dead_letters.arn
      },
    ])
  })
}

resource "aws_lambda_function" "function" {
  for_each                       = local.functions
  function_name                  = "${var.name}-${each.key}"
  description                    = each.value.description
  package_type                   = "Zip"
  runtime                        = "provided.al2023"
  handler                        = "bootstrap"
  architectures                  = [var.architecture]
  memory_size                    = var.memory_size
  timeout                        = 900
  reserved_concurrent_executions = each.value.concurrency
  role                           = aws_iam_role.function[each.key].arn
  filename                       = var.function_zip
  source_code_hash               = filebase64sha256(var.function_zip)
  depends_on                     = [aws_iam_role_policy.function]

  dead_letter_config {
    target_arn = aws_sqs_queue.dead_letters.arn
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.function[each.key].name
  }

  environment {
    variables = merge(
      local.settings,
      { KONECTA_ROLE_NAME = each.value.role_name },
      each.key == "fix" ? { KONECTA_FIX = join(",", var.fix_controls) } : {},
    )
  }
}
