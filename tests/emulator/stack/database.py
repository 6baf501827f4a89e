"""PostgreSQL on RDS: subnet group, parameter group, instance."""

from __future__ import annotations

from typing import Any

from stack.names import (
    DATABASE,
    DATABASE_PORT,
    DATABASE_SECRET,
    ENGINE_VERSION,
    PARAMETER_FAMILY,
    PARAMETER_GROUP,
    PROJECT,
)
from stack.state import World, tag_list, tag_specification

FORCE_SSL = "rds.force_ssl"


def build(world: World) -> None:
    world.aws.rds.create_db_subnet_group(
        DBSubnetGroupName=DATABASE,
        DBSubnetGroupDescription="Database subnets",
        SubnetIds=[subnet for tier in world.design.database_tiers for subnet in world.subnets[tier]],
        Tags=tag_list(),
    )
    parameter_group(world, PARAMETER_GROUP, force_ssl="1")
    create_database(world)
    _network_interface(world)


def parameter_group(
    world: World,
    name: str,
    *,
    force_ssl: str,
    family: str = PARAMETER_FAMILY,
    parameter: str = FORCE_SSL,
    tags: list[dict[str, str]] | None = None,
) -> None:
    """A parameter group in which the user has said whether TLS is forced."""
    world.aws.rds.create_db_parameter_group(
        DBParameterGroupName=name,
        DBParameterGroupFamily=family,
        Description=f"{PROJECT} {family}",
        Tags=tags or tag_list(),
    )
    set_force_ssl(world, name, force_ssl, parameter)


def set_force_ssl(world: World, name: str, value: str, parameter: str = FORCE_SSL) -> None:
    setting = {"ParameterName": parameter, "ParameterValue": value, "ApplyMethod": "immediate"}
    world.aws.rds.modify_db_parameter_group(DBParameterGroupName=name, Parameters=[setting])


def create_database(world: World, **changes: object) -> str:
    """Create the instance; ``changes`` replace arguments of CreateDBInstance. Returns its ARN.

    Everything that a control judges is sent: moto leaves out what AWS would have filled in.
    """
    arguments: dict[str, Any] = {
        "DBInstanceIdentifier": DATABASE,
        "DBInstanceClass": "db.t3.micro",
        "Engine": "postgres",
        "EngineVersion": ENGINE_VERSION,
        "AllocatedStorage": 20,
        "StorageType": "gp3",
        "MasterUsername": "konecta",
        "MasterUserPassword": DATABASE_SECRET,
        "DBName": "konecta",
        "Port": DATABASE_PORT,
        "DBSubnetGroupName": DATABASE,
        "VpcSecurityGroupIds": [world.security_groups["database"]],
        "DBParameterGroupName": PARAMETER_GROUP,
        "PubliclyAccessible": False,
        "StorageEncrypted": world.design.storage_encrypted,
        "KmsKeyId": world.database_key if world.design.storage_encrypted else None,
        "MultiAZ": True,
        "BackupRetentionPeriod": 7,
        "PreferredBackupWindow": "02:00-03:00",
        "PreferredMaintenanceWindow": "sun:04:00-sun:05:00",
        "DeletionProtection": True,
        "AutoMinorVersionUpgrade": True,
        "CopyTagsToSnapshot": True,
        "EnableIAMDatabaseAuthentication": True,
        "EnableCloudwatchLogsExports": ["postgresql", "upgrade"],
        "Tags": tag_list(DATABASE),
        **changes,
    }
    arguments = {key: value for key, value in arguments.items() if value is not None}
    arn: str = world.aws.rds.create_db_instance(**arguments)["DBInstance"]["DBInstanceArn"]
    return arn


def modify_database(world: World, **changes: object) -> str:
    """ModifyDBInstance at once; returns the ARN."""
    arn: str = world.aws.rds.modify_db_instance(DBInstanceIdentifier=DATABASE, ApplyImmediately=True, **changes)[
        "DBInstance"
    ]["DBInstanceArn"]
    return arn


def _network_interface(world: World) -> None:
    """RDS has an interface in its subnet, which is how a scan finds out what is wired to it; moto makes none."""
    world.aws.ec2.create_network_interface(
        SubnetId=world.subnets["database"][0],
        Groups=[world.security_groups["database"]],
        Description="RDSNetworkInterface",
        TagSpecifications=tag_specification("network-interface", DATABASE),
    )
