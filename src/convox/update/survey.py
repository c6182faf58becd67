"""How apps, resources and the API are doing, at one moment. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceHealth:
    """``page`` is the HTTP status of its health page through the router, 0 for no answer."""

    healthy: int
    desired: int
    page: int | None = None

    @property
    def is_well(self) -> bool:
        """All its processes are healthy and its page can be had."""
        return self.healthy >= self.desired and (self.page is None or 200 <= self.page < 400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """One look at everything. Services are named ``app/service``, resources ``app/resource``."""

    api: bool = True
    services: Mapping[str, ServiceHealth] = field(default_factory=dict)
    resources: Mapping[str, bool] = field(default_factory=dict)


def ailments(survey: Survey) -> tuple[str, ...]:
    """Return what is not well, each as words for a person."""
    api = () if survey.api else ("the API does not answer",)
    services = tuple(
        _complaint(name, health) for name, health in survey.services.items() if not health.is_well
    )
    resources = tuple(
        f"resource {name} does not answer" for name, well in survey.resources.items() if not well
    )
    return api + services + resources


def _complaint(name: str, health: ServiceHealth) -> str:
    if health.healthy < health.desired:
        return f"service {name} has {health.healthy} of {health.desired} processes healthy"
    return f"the page of service {name} answers {health.page or 'nothing'}"
