//! Every operation that a change may make, one line each; nothing else can be called.
//! Knows the SDK's clients by their operations only: what is sent is written by [`crate::wire::request`].
//!
//! A line is `Read|Write "Name" method(setter: "Member", …);`. The setters are the members without which the SDK builds no request
//! (those in the path and the required ones in the query). After a change here: `tools/shapes.py` writes the shapes anew.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::SdkConfig;
use serde_json::Value;

use super::envelope::Envelope;
use super::failure::{CallFailure, of_sdk};
use crate::wire::Tap;

/// What an operation does to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing.
    Read,
    /// Something.
    Write,
}

/// An operation that can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeclaredOperation {
    /// The service as the AWS CLI names it.
    pub service: &'static str,
    /// The prefix of its IAM actions.
    pub prefix: &'static str,
    /// The operation as the API names it.
    pub operation: &'static str,
    /// What it does.
    pub kind: Kind,
}

/// The operation of this name.
#[must_use]
pub fn declared(service: &str, operation: &str) -> Option<&'static DeclaredOperation> {
    DECLARED.iter().find(|declared| declared.service == service && declared.operation == operation)
}

pub(super) type Sent = Pin<Box<dyn Future<Output = Result<(), CallFailure>> + Send>>;

fn send<O, E, F>(future: F) -> Sent
where
    O: Send + 'static,
    E: ProvideErrorMetadata + Error + Send + 'static,
    F: Future<Output = Result<O, SdkError<E, HttpResponse>>> + Send + 'static,
{
    Box::pin(async move { future.await.map(|_| ()).map_err(|error| of_sdk(&error)) })
}

fn text(parameters: &Value, member: &str) -> String {
    parameters.get(member).and_then(Value::as_str).unwrap_or_default().to_owned()
}

macro_rules! operations {
    ($($service:literal = $prefix:literal, $sdk:ident {
        $($kind:ident $operation:literal $method:ident($($setter:ident: $member:literal),*);)*
    })*) => {
        /// All operations that can be called.
        pub const DECLARED: &[DeclaredOperation] = &[$($(
            DeclaredOperation { service: $service, prefix: $prefix, operation: $operation, kind: Kind::$kind },
        )*)*];

        /// The call, ready to be awaited; `None` for an operation that is not declared.
        pub(super) fn call(sdk: &SdkConfig, service: &str, operation: &str, parameters: &Value, envelope: Envelope, tap: Tap) -> Option<Sent> {
            Some(match service {
                $($service => {
                    let client = $sdk::Client::new(sdk);
                    match operation {
                        $($operation => {
                            let call = client.$method()$(.$setter(text(parameters, $member)))*;
                            send(call.customize().interceptor(envelope).interceptor(tap).send())
                        })*
                        _ => return None,
                    }
                })*
                _ => return None,
            })
        }
    };
}

operations! {
    "cloudfront" = "cloudfront", aws_sdk_cloudfront {
        Write "UpdateDistribution" update_distribution(id: "Id");
        Read "GetDistributionConfig" get_distribution_config(id: "Id");
        Read "GetDistribution" get_distribution(id: "Id");
        Write "CreateResponseHeadersPolicy" create_response_headers_policy();
        Write "DeleteResponseHeadersPolicy" delete_response_headers_policy(id: "Id");
        Read "GetResponseHeadersPolicyConfig" get_response_headers_policy_config(id: "Id");
        Write "UpdateResponseHeadersPolicy" update_response_headers_policy(id: "Id");
        Read "ListResponseHeadersPolicies" list_response_headers_policies();
        Read "ListCachePolicies" list_cache_policies();
        Write "TagResource" tag_resource(resource: "Resource");
        Write "UntagResource" untag_resource(resource: "Resource");
    }
    "ec2" = "ec2", aws_sdk_ec2 {
        Write "ModifySubnetAttribute" modify_subnet_attribute();
        Write "RevokeSecurityGroupIngress" revoke_security_group_ingress();
        Write "AuthorizeSecurityGroupIngress" authorize_security_group_ingress();
        Write "RevokeSecurityGroupEgress" revoke_security_group_egress();
        Write "AuthorizeSecurityGroupEgress" authorize_security_group_egress();
        Write "ModifySecurityGroupRules" modify_security_group_rules();
        Write "CreateFlowLogs" create_flow_logs();
        Write "DeleteFlowLogs" delete_flow_logs();
        Write "CreateTags" create_tags();
        Write "DeleteTags" delete_tags();
        Write "ReplaceNetworkAclEntry" replace_network_acl_entry();
        Write "CreateNetworkAclEntry" create_network_acl_entry();
        Write "DeleteNetworkAclEntry" delete_network_acl_entry();
        Write "ModifyInstanceMetadataOptions" modify_instance_metadata_options();
        Write "ModifyInstanceMetadataDefaults" modify_instance_metadata_defaults();
        Read "GetInstanceMetadataDefaults" get_instance_metadata_defaults();
        Write "EnableEbsEncryptionByDefault" enable_ebs_encryption_by_default();
        Write "DisableEbsEncryptionByDefault" disable_ebs_encryption_by_default();
        Read "GetEbsEncryptionByDefault" get_ebs_encryption_by_default();
        Write "ReplaceRoute" replace_route();
        Write "CreateRoute" create_route();
        Write "DeleteRoute" delete_route();
        Write "ReplaceRouteTableAssociation" replace_route_table_association();
        Write "ModifyNetworkInterfaceAttribute" modify_network_interface_attribute();
        Read "DescribeSecurityGroupRules" describe_security_group_rules();
        Read "DescribeFlowLogs" describe_flow_logs();
        Read "DescribeNetworkAcls" describe_network_acls();
        Read "DescribeSecurityGroups" describe_security_groups();
        Read "DescribeManagedPrefixLists" describe_managed_prefix_lists();
        Read "DescribeSubnets" describe_subnets();
        Read "DescribeInstances" describe_instances();
        Read "DescribeVpcAttribute" describe_vpc_attribute();
        Read "DescribeDhcpOptions" describe_dhcp_options();
    }
    "ecr" = "ecr", aws_sdk_ecr {
        Write "CreateRepository" create_repository();
        Write "DeleteRepository" delete_repository();
        Write "PutImageScanningConfiguration" put_image_scanning_configuration();
        Write "PutLifecyclePolicy" put_lifecycle_policy();
        Write "DeleteLifecyclePolicy" delete_lifecycle_policy();
        Write "PutImageTagMutability" put_image_tag_mutability();
        Write "SetRepositoryPolicy" set_repository_policy();
        Write "DeleteRepositoryPolicy" delete_repository_policy();
        Write "PutRegistryScanningConfiguration" put_registry_scanning_configuration();
        Read "GetRegistryScanningConfiguration" get_registry_scanning_configuration();
        Read "DescribeRepositories" describe_repositories();
        Read "DescribeImages" describe_images();
        Read "GetRepositoryPolicy" get_repository_policy();
        Read "GetLifecyclePolicy" get_lifecycle_policy();
    }
    "eks" = "eks", aws_sdk_eks {
        Write "UpdateClusterConfig" update_cluster_config(name: "name");
        Write "UpdateNodegroupConfig" update_nodegroup_config(cluster_name: "clusterName", nodegroup_name: "nodegroupName");
        Write "AssociateEncryptionConfig" associate_encryption_config(cluster_name: "clusterName");
        Read "DescribeCluster" describe_cluster(name: "name");
        Read "DescribeNodegroup" describe_nodegroup(cluster_name: "clusterName", nodegroup_name: "nodegroupName");
        Read "DescribeUpdate" describe_update(name: "name", update_id: "updateId");
    }
    "elbv2" = "elasticloadbalancing", aws_sdk_elasticloadbalancingv2 {
        Write "ModifyListener" modify_listener();
        Write "CreateListener" create_listener();
        Write "DeleteListener" delete_listener();
        Write "CreateRule" create_rule();
        Write "ModifyRule" modify_rule();
        Write "DeleteRule" delete_rule();
        Write "SetRulePriorities" set_rule_priorities();
        Write "ModifyLoadBalancerAttributes" modify_load_balancer_attributes();
        Write "ModifyTargetGroup" modify_target_group();
        Write "ModifyTargetGroupAttributes" modify_target_group_attributes();
        Write "SetSecurityGroups" set_security_groups();
        Read "DescribeListeners" describe_listeners();
        Read "DescribeRules" describe_rules();
        Read "DescribeTargetHealth" describe_target_health();
        Read "DescribeLoadBalancers" describe_load_balancers();
        Read "DescribeLoadBalancerAttributes" describe_load_balancer_attributes();
        Read "DescribeTargetGroups" describe_target_groups();
        Read "DescribeTargetGroupAttributes" describe_target_group_attributes();
    }
    "iam" = "iam", aws_sdk_iam {
        Write "DetachRolePolicy" detach_role_policy();
        Write "AttachRolePolicy" attach_role_policy();
        Write "DeleteRolePolicy" delete_role_policy();
        Write "PutRolePolicy" put_role_policy();
        Write "UpdateAccountPasswordPolicy" update_account_password_policy();
        Write "DeleteAccountPasswordPolicy" delete_account_password_policy();
        Read "GetAccountPasswordPolicy" get_account_password_policy();
        Read "ListAttachedRolePolicies" list_attached_role_policies();
    }
    "rds" = "rds", aws_sdk_rds {
        Write "ModifyDBInstance" modify_db_instance();
        Write "ModifyDBCluster" modify_db_cluster();
        Write "ModifyDBParameterGroup" modify_db_parameter_group();
        Write "ResetDBParameterGroup" reset_db_parameter_group();
        Write "CreateDBParameterGroup" create_db_parameter_group();
        Write "DeleteDBParameterGroup" delete_db_parameter_group();
        Write "CreateDBSnapshot" create_db_snapshot();
        Write "CopyDBSnapshot" copy_db_snapshot();
        Write "DeleteDBSnapshot" delete_db_snapshot();
        Write "RestoreDBInstanceFromDBSnapshot" restore_db_instance_from_db_snapshot();
        Write "DeleteDBInstance" delete_db_instance();
        Write "ModifyDBSnapshotAttribute" modify_db_snapshot_attribute();
        Write "RebootDBInstance" reboot_db_instance();
        Read "DescribeDBInstances" describe_db_instances();
        Read "DescribeDBClusters" describe_db_clusters();
        Read "DescribeDBSnapshots" describe_db_snapshots();
        Read "DescribeDBParameters" describe_db_parameters();
        Read "DescribeDBParameterGroups" describe_db_parameter_groups();
    }
    "wafv2" = "wafv2", aws_sdk_wafv2 {
        Write "CreateWebACL" create_web_acl();
        Write "DeleteWebACL" delete_web_acl();
        Write "UpdateWebACL" update_web_acl();
        Read "GetWebACL" get_web_acl();
        Read "ListWebACLs" list_web_acls();
        Write "AssociateWebACL" associate_web_acl();
        Write "DisassociateWebACL" disassociate_web_acl();
    }
}
