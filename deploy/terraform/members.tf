# The roles in the accounts that are audited: the same template as by hand, in every account of the units, also in those that join later.

resource "aws_cloudformation_stack_set" "members" {
  count            = length(var.member_organizational_unit_ids) == 0 ? 0 : 1
  name             = "${var.name}-members"
  description      = "The roles by which konecta-audit enters an account"
  permission_model = "SERVICE_MANAGED"
  call_as          = var.stackset_call_as
  capabilities     = ["CAPABILITY_NAMED_IAM"]
  template_body    = file("${path.module}/../cloudformation/member.yaml")

  parameters = {
    ScanPrincipalArn    = aws_iam_role.function["scan"].arn
    FixPrincipalArn     = local.fixes ? aws_iam_role.function["fix"].arn : ""
    ExternalId          = var.external_id
    OrganizationId      = var.member_organization_id
    RoleName            = var.role_name
    FixRoleName         = var.fix_role_name
    SecurityHub         = tostring(var.security_hub)
    FixControls         = join(",", var.fix_controls)
    FlowLogRole         = var.flow_log_role
    PermissionsBoundary = var.permissions_boundary
  }

  auto_deployment {
    enabled                          = true
    retain_stacks_on_account_removal = false
  }

  managed_execution {
    active = true
  }

  operation_preferences {
    failure_tolerance_percentage = 100
    max_concurrent_percentage    = 25
    region_concurrency_type      = "PARALLEL"
  }

  lifecycle {
    # AWS answers a role that nobody asked for, and every plan would show a difference.
    ignore_changes = [administration_role_arn]
  }
}

resource "aws_cloudformation_stack_set_instance" "members" {
  count                     = length(var.member_organizational_unit_ids) == 0 ? 0 : 1
  stack_set_name            = aws_cloudformation_stack_set.members[0].name
  call_as                   = var.stackset_call_as
  stack_set_instance_region = data.aws_region.current.region

  deployment_targets {
    organizational_unit_ids = var.member_organizational_unit_ids
  }
}
