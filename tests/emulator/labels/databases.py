"""RDS: exposure, encryption, backups, availability, TLS, engine."""

from __future__ import annotations

from emulators import ACCOUNT, REGION
from stack import database
from stack.names import DATABASE, PARAMETER_GROUP
from stack.state import Design, World, tag_list

from labels import design_label, extra, label

# The same string as APPLY_STATUS_TAG in moto_server.py, which cannot be imported without moto.
_APPLY_STATUS_TAG = "emulator:parameter-apply-status"


@design_label("rds-plain-storage", ["KA-RDS-003", "KA-X-010"])
def plain_storage(design: Design) -> str:
    """The database's storage is not encrypted."""
    design.storage_encrypted = False
    return f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{DATABASE}"


@design_label("rds-public-subnet", ["KA-RDS-002", "KA-VPC-003"])
def public_subnet(design: Design) -> str:
    """The database's subnet group also holds the public subnets."""
    # By design, for moto's ModifyDBSubnetGroup loses the group.
    design.database_tiers = ("database", "public")
    return f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{DATABASE}"


@label("rds-public", ["KA-RDS-001"])
def public(world: World) -> str:
    """The database is publicly accessible, although its subnets and security group keep the internet out."""
    return database.modify_database(world, PubliclyAccessible=True)


@label("rds-short-backups", ["KA-RDS-004"])
def short_backups(world: World) -> str:
    """Backups are kept for three days."""
    return database.modify_database(world, BackupRetentionPeriod=3)


@label("rds-no-backups", ["KA-RDS-004"])
def no_backups(world: World) -> str:
    """A second database has no automated backups."""
    return extra.db_instance(world, "no-backups", BackupRetentionPeriod=0)


@label("rds-single-zone", ["KA-RDS-006", "KA-X-011"])
def single_zone(world: World) -> str:
    """The database is in one zone only."""
    return database.modify_database(world, MultiAZ=False)


@label("rds-deletable", ["KA-RDS-007"])
def deletable(world: World) -> str:
    """The database has no deletion protection."""
    return database.modify_database(world, DeletionProtection=False)


@label("rds-ssl-optional", ["KA-RDS-008", "KA-X-010"])
def ssl_optional(world: World) -> str:
    """The parameter group does not force TLS."""
    database.set_force_ssl(world, PARAMETER_GROUP, "0")
    return f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{DATABASE}"


@label("rds-ssl-pending-reboot", ["KA-RDS-008", "KA-X-010"])
def ssl_pending_reboot(world: World) -> str:
    """A second database's parameter group forces TLS, but the database has not been rebooted since."""
    group = "konecta-erp-pending"
    database.parameter_group(world, group, force_ssl="1", tags=tag_list(None, {_APPLY_STATUS_TAG: "pending-reboot"}))
    return extra.db_instance(world, "pending", DBParameterGroupName=group)


@label("rds-mysql", ["KA-RDS-011"], debatable=["KA-RDS-008"])
def mysql(world: World) -> str:
    """A second database is MySQL, on PostgreSQL's port."""
    group = "konecta-erp-mysql"
    database.parameter_group(world, group, family="mysql8.0", parameter="require_secure_transport", force_ssl="1")
    return extra.db_instance(
        world,
        "mysql",
        Engine="mysql",
        EngineVersion="8.0.42",
        DBParameterGroupName=group,
        EnableCloudwatchLogsExports=["error"],
    )


@label("rds-old-postgres", ["KA-RDS-011"])
def old_postgres(world: World) -> str:
    """A second database runs PostgreSQL 11, which is past its standard support."""
    group = "konecta-erp-pg11"
    database.parameter_group(world, group, family="postgres11", force_ssl="1")
    return extra.db_instance(world, "pg11", EngineVersion="11.22", DBParameterGroupName=group)


@label("rds-no-minor-upgrades", ["KA-RDS-010"])
def no_minor_upgrades(world: World) -> str:
    """The database takes no minor upgrades by itself."""
    return database.modify_database(world, AutoMinorVersionUpgrade=False)


@label("rds-no-upgrade-log", ["KA-RDS-012", "KA-X-014"])
def no_upgrade_log(world: World) -> str:
    """A second database exports one of its two logs."""
    return extra.db_instance(world, "half-logged", EnableCloudwatchLogsExports=["postgresql"])


@label("rds-passwords-only", ["KA-RDS-013"])
def passwords_only(world: World) -> str:
    """The database does not accept sign-in by IAM."""
    return database.modify_database(world, EnableIAMDatabaseAuthentication=False)


@label("rds-tags-not-copied", ["KA-RDS-017"])
def tags_not_copied(world: World) -> str:
    """Snapshots do not get the database's tags."""
    return database.modify_database(world, CopyTagsToSnapshot=False)
