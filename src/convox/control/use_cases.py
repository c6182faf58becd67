"""All that can be asked of a rack, in one bundle."""

from dataclasses import dataclass

from convox.control.apps import Apps
from convox.control.automatic.loop import Automatic
from convox.control.builds import Builds
from convox.control.bundles import Bundles
from convox.control.deletion import Deletion
from convox.control.deploys import Deploys
from convox.control.history import History
from convox.control.instances import Instances
from convox.control.logs import Logs
from convox.control.notifications import Notifications
from convox.control.objects import Objects
from convox.control.processes import Processes
from convox.control.rack import Rack
from convox.control.releases import Releases
from convox.control.resources import Resources
from convox.control.scaling import Scaling
from convox.control.updates import Updates


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """The use-cases, by noun."""

    apps: Apps
    deletion: Deletion
    objects: Objects
    builds: Builds
    releases: Releases
    deploys: Deploys
    scaling: Scaling
    processes: Processes
    resources: Resources
    instances: Instances
    logs: Logs
    rack: Rack
    updates: Updates
    bundles: Bundles
    automatic: Automatic
    history: History
    notifications: Notifications
