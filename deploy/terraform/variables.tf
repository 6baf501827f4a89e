# The same as the parameters of ../cloudformation/konecta-audit.yaml.

variable "name" {
  description = "What everything is named after"
  type        = string
  default     = "konecta-audit"
}

variable "function_zip" {
  description = "The zip of konecta-audit-lambda (make lambda-arm64, make lambda)"
  type        = string
}

variable "architecture" {
  description = "What the zip was built for"
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "arm64 or x86_64."
  }
}

variable "memory_size" {
  description = "MiB; the processor grows with it (docs/scale.md)"
  type        = number
  default     = 1024
}

variable "reserved_concurrency" {
  description = "At most so many invocations of the scan function at once, and so many kept free for it; -1 for no reservation. Not below max_concurrency; an account must keep 100 unreserved"
  type        = number
  default     = -1
}

variable "fix_reserved_concurrency" {
  description = "The same of the fix function, to which the targets go where fix_controls names something"
  type        = number
  default     = -1
}

variable "permissions_boundary" {
  description = "The managed policy, by path and name, that bounds every role of this module and those in the accounts, each its own account's; empty for none"
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@_/-]*$", var.permissions_boundary))
    error_message = "A path and a name, not an ARN."
  }
}

variable "accounts" {
  description = "The accounts that may be scanned besides this one: organization, or ids with commas; empty for none"
  type        = string
  default     = "organization"

  validation {
    condition     = can(regex("^(organization|[0-9]{12}(,[0-9]{12})*)?$", var.accounts))
    error_message = "organization, or account ids with commas."
  }
}

variable "ou_include" {
  description = "Only accounts below these organizational units"
  type        = list(string)
  default     = []
}

variable "ou_exclude" {
  description = "No accounts below these"
  type        = list(string)
  default     = []
}

variable "regions" {
  description = "Regions; none for all that an account has enabled"
  type        = list(string)
  default     = []
}

variable "role_name" {
  description = "The role in each account (member.yaml)"
  type        = string
  default     = "konecta-audit-scan"
}

variable "fix_role_name" {
  description = "The role in each account by which something may be changed"
  type        = string
  default     = "konecta-audit-fix"
}

variable "external_id" {
  description = "What the roles in the accounts ask for"
  type        = string
}

variable "config_object" {
  description = "The konecta-audit.toml as bucket/key; empty for none"
  type        = string
  default     = ""
}

variable "config_parameter" {
  description = "The konecta-audit.toml as a parameter of Systems Manager, such as /konecta-audit/config; empty for none"
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(/[A-Za-z0-9_./-]+)?$", var.config_parameter))
    error_message = "Its name begins with a slash."
  }
}

variable "max_concurrency" {
  description = "Targets that are scanned at the same time"
  type        = number
  default     = 20
}

variable "schedule_expression" {
  type    = string
  default = "cron(17 3 * * ? *)"
}

variable "schedule_timezone" {
  type    = string
  default = "UTC"
}

variable "schedule_enabled" {
  type    = bool
  default = true
}

variable "silence_days" {
  description = "The alarm rings when no run has ended for so many days, at most 7"
  type        = number
  default     = 2
}

variable "key_prefix" {
  description = "What all keys begin with; ends in a slash if it is not empty"
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(|.*[^/]/)$", var.key_prefix))
    error_message = "Empty, or something that ends in one slash."
  }
}

variable "kms_key_arn" {
  description = "A key for bucket and topic; null for S3's own. Its policy must let the roles of this module and cloudwatch.amazonaws.com use it"
  type        = string
  default     = null
}

variable "security_hub" {
  description = "Whether findings go to Security Hub of the account and region that they are about"
  type        = bool
  default     = false
}

variable "fix_controls" {
  description = "Controls whose class A remedies may be carried out, by id; none by default, and then there is no role that could. The fix roles may make the calls of these remedies and no others"
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for control in var.fix_controls : can(regex("^[A-Z0-9-]+$", control))])
    error_message = "Ids of controls, as in KA-SG-001."
  }
}

variable "flow_log_role" {
  description = "The role, by path and name, that flow_log_role of the blueprint names; it may be passed to flow logs and no other role to anything. Empty for none"
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@_/-]*$", var.flow_log_role))
    error_message = "A path and a name, not an ARN."
  }
}

variable "report_retention_days" {
  type    = number
  default = 90
}

variable "log_retention_days" {
  type    = number
  default = 90
}

variable "alarm_email" {
  description = "Told of new findings and of alarms; must be confirmed from the mailbox"
  type        = string
  default     = null
}

variable "member_organizational_unit_ids" {
  description = "The units whose accounts get the roles by a StackSet; none for no StackSet. The management account is never among them: there, deploy member.yaml"
  type        = list(string)
  default     = []
}

variable "member_organization_id" {
  description = "The roles trust only principals of this organization; empty for any"
  type        = string
  default     = ""
}

variable "stackset_call_as" {
  description = "DELEGATED_ADMIN where this is not the management account"
  type        = string
  default     = "SELF"
}
