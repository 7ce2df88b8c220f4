# SPDX-License-Identifier: Apache-2.0
"""The contract of Airflow for operators, sensors, hooks and triggers, as far as the provider uses it.

It is as strict as Airflow, or stricter: what Airflow only documents is an error here. `Airflow` runs a task as the scheduler,
a worker and a triggerer do together.
"""

from __future__ import annotations

import abc
import asyncio
import importlib
import inspect
import json
import logging
import os
import re
import time
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, Callable, Mapping, NoReturn, Optional


class AirflowException(Exception):
    """The task fails, and is retried if it has retries."""


class AirflowFailException(AirflowException):
    """The task fails without a retry."""


class AirflowSkipException(AirflowException):
    """The task is skipped."""


class AirflowNotFoundException(AirflowException):
    """There is no such connection."""


class AirflowSensorTimeout(AirflowException):
    """The sensor has waited for too long."""


class TaskDeferralError(AirflowException):
    """The trigger failed."""


class TaskDeferred(BaseException):
    """Not an Exception, so that no `except Exception` of an operator catches it."""

    def __init__(
        self, *, trigger: "BaseTrigger", method_name: str, kwargs: Optional[dict[str, Any]], timeout: Optional[timedelta]
    ) -> None:
        super().__init__()
        if timeout is not None and not isinstance(timeout, timedelta):
            raise ValueError("the timeout must be a timedelta")
        self.trigger = trigger
        self.method_name = method_name
        self.kwargs = kwargs
        self.timeout = timeout


class _LoggingMixin:
    @property
    def log(self) -> logging.Logger:
        return logging.getLogger(f"{type(self).__module__}.{type(self).__name__}")


class _OperatorType(abc.ABCMeta):
    """Checks what Airflow's metaclass checks when an operator is made."""

    def __call__(cls, *positional: Any, **arguments: Any) -> Any:
        if positional:
            raise TypeError("use keyword arguments when you make operators")
        operator = super().__call__(**arguments)
        parameters = inspect.signature(cls.__init__).parameters
        for name in operator.template_fields:
            if name not in parameters:
                raise AirflowException(f"the template field {name} is not an argument of {cls.__name__}")
            given = arguments.get(name, parameters[name].default)
            if getattr(operator, name) is not given:
                raise AirflowException(f"__init__ must assign the template field {name} as it was given")
        return operator


class BaseOperator(_LoggingMixin, metaclass=_OperatorType):
    template_fields: Any = ()
    ui_color = "#fff"

    def __init__(
        self,
        *,
        task_id: str,
        retries: int = 0,
        execution_timeout: Optional[timedelta] = None,
        do_xcom_push: bool = True,
        **unknown: Any,
    ) -> None:
        if unknown:
            raise TypeError(f"invalid arguments were passed to {type(self).__name__}: {sorted(unknown)}")
        if not re.fullmatch(r"[\w.-]{1,250}", task_id):
            raise AirflowException(f"the task ID {task_id} is invalid")
        self.task_id = task_id
        self.retries = retries
        self.execution_timeout = execution_timeout
        self.do_xcom_push = do_xcom_push

    def execute(self, context: Any) -> Any:
        raise NotImplementedError

    def on_kill(self) -> None:
        pass

    def defer(
        self,
        *,
        trigger: "BaseTrigger",
        method_name: str,
        kwargs: Optional[dict[str, Any]] = None,
        timeout: Optional[timedelta] = None,
    ) -> NoReturn:
        raise TaskDeferred(trigger=trigger, method_name=method_name, kwargs=kwargs, timeout=timeout)

    def resume_execution(self, next_method: str, next_kwargs: Optional[dict[str, Any]], context: Any) -> Any:
        next_kwargs = next_kwargs or {}
        if next_method == "__fail__":
            raise TaskDeferralError(next_kwargs.get("error", "Unknown"))
        return getattr(self, next_method)(context, **next_kwargs)


class PokeReturnValue:
    def __init__(self, is_done: bool, xcom_value: Any = None) -> None:
        self.is_done = is_done
        self.xcom_value = xcom_value

    def __bool__(self) -> bool:
        return self.is_done


class BaseSensorOperator(BaseOperator):
    def __init__(
        self,
        *,
        poke_interval: float = 60,
        timeout: float = 7 * 24 * 3600,
        soft_fail: bool = False,
        mode: str = "poke",
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        self.poke_interval = poke_interval
        self.timeout = timeout
        self.soft_fail = soft_fail
        self.mode = mode

    def poke(self, context: Any) -> Any:
        raise AirflowException("override poke")

    def execute(self, context: Any) -> Any:
        started = time.monotonic()
        while True:
            done = self.poke(context)
            if done:
                return done.xcom_value if isinstance(done, PokeReturnValue) else None
            if time.monotonic() - started > self.timeout:
                raise AirflowSensorTimeout("the sensor has timed out")
            time.sleep(self.poke_interval)


class Connection(SimpleNamespace):
    """A connection. Airflow reads one from `AIRFLOW_CONN_<ID>` as JSON, among other places."""

    @property
    def extra_dejson(self) -> dict[str, Any]:
        return dict(self.extra or {})

    @staticmethod
    def of(conn_id: str) -> "Connection":
        text = os.environ.get("AIRFLOW_CONN_" + conn_id.upper())
        if text is None:
            raise AirflowNotFoundException(f"The conn_id `{conn_id}` isn't defined")
        fields = dict.fromkeys(("conn_type", "host", "schema", "login", "password", "port", "extra"))
        return Connection(conn_id=conn_id, **{**fields, **json.loads(text)})


class BaseHook(_LoggingMixin):
    def __init__(self, logger_name: Optional[str] = None) -> None:
        self.logger_name = logger_name

    @classmethod
    def get_connection(cls, conn_id: str) -> Connection:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return Connection.of(conn_id)
        # What Airflow 3 says. Airflow 2 would block the event loop of all triggers.
        raise RuntimeError("You cannot use AsyncToSync in the same thread as an async event loop")


class AsyncBaseHook(BaseHook):
    """The hook of Airflow 3."""

    @classmethod
    async def aget_connection(cls, conn_id: str) -> Connection:
        await asyncio.sleep(0)
        return Connection.of(conn_id)


class BaseTrigger(abc.ABC, _LoggingMixin):
    def __init__(self, **arguments: Any) -> None:
        self.task_instance = None
        self.trigger_id = None

    @abc.abstractmethod
    def serialize(self) -> tuple[str, dict[str, Any]]: ...

    @abc.abstractmethod
    def run(self) -> Any: ...

    async def cleanup(self) -> None:
        pass

    async def on_kill(self) -> None:
        pass


class TriggerEvent:
    def __init__(self, payload: Any) -> None:
        self.payload = payload


def serialized(trigger: BaseTrigger) -> dict[str, Any]:
    """The trigger as Airflow stores it: each argument of `__init__` must be there, and must be JSON."""
    path, arguments = trigger.serialize()
    missing = set(inspect.signature(type(trigger).__init__).parameters) - {"self"} - set(arguments)
    if missing:
        raise AirflowException(f"serialize drops {sorted(missing)}")
    stored = json.loads(json.dumps({"path": path, "arguments": arguments}))
    if stored["arguments"] != arguments:
        raise AirflowException("the arguments of the trigger change in the database")
    if deserialized(stored).serialize() != (path, arguments):
        raise AirflowException("the trigger that is made again is another one")
    return stored


def deserialized(stored: Mapping[str, Any]) -> BaseTrigger:
    module, _, name = stored["path"].rpartition(".")
    trigger = getattr(importlib.import_module(module), name)(**stored["arguments"])
    assert isinstance(trigger, BaseTrigger)
    return trigger


async def first_event(trigger: BaseTrigger) -> Any:
    """The payload of the first event, as it comes from the database."""
    try:
        async for event in trigger.run():
            assert isinstance(event, TriggerEvent)
            return json.loads(json.dumps(event.payload))
        raise AirflowException("the trigger ended without an event")
    finally:
        await trigger.cleanup()


def triggerer(stored: Mapping[str, Any]) -> Any:
    """A triggerer in this process."""
    return asyncio.run(first_event(deserialized(stored)))


class TaskInstance:
    """A task instance.

    Attributes:
        tries: how often it was tried.
        deferrals: the stored triggers.
        error: the exception with which the last try ended, or None.
    """

    def __init__(self, task_id: str, run_id: str, dag_id: str = "scoring", map_index: int = -1) -> None:
        self.dag_id = dag_id
        self.run_id = run_id
        self.task_id = task_id
        self.map_index = map_index
        self.state = "none"
        self.tries = 0
        self.xcoms: dict[str, Any] = {}
        self.deferrals: list[dict[str, Any]] = []
        self.error: Optional[BaseException] = None

    @property
    def try_number(self) -> int:
        return self.tries

    def xcom_push(self, key: str, value: Any) -> None:
        self.xcoms[key] = json.loads(json.dumps(value))


class Airflow:
    """Runs a task instance: a worker until it defers, a triggerer, and a worker again.

    Args:
        make: makes the operator, as each worker does when it parses the DAG. Nothing else is kept while a task is deferred.
        instance: the task instance.
        triggerer: gets a stored trigger and returns the payload of its event.
        variables: what Jinja knows, such as `ds`.
    """

    def __init__(
        self,
        make: Callable[[], BaseOperator],
        instance: TaskInstance,
        triggerer: Callable[[Mapping[str, Any]], Any] = triggerer,
        **variables: str,
    ) -> None:
        self.make = make
        self.instance = instance
        self.triggerer = triggerer
        self.variables = variables
        self.operator: Optional[BaseOperator] = None

    def try_once(self) -> TaskInstance:
        """Runs one try. Afterwards the state is `success`, `failed`, `skipped` or `up_for_retry`."""
        instance = self.instance
        instance.tries += 1
        instance.error = None
        context = {"ti": instance, "task_instance": instance, "run_id": instance.run_id, **self.variables}
        operator = self._worker(context)
        try:
            result = self._until_end(operator, context)
        except AirflowSkipException as e:
            instance.error = e
            instance.state = "skipped"
        except AirflowFailException as e:
            instance.error = e
            instance.state = "failed"
        except Exception as e:
            instance.error = e
            instance.state = "up_for_retry" if instance.tries <= operator.retries else "failed"
        else:
            if operator.do_xcom_push and result is not None:
                instance.xcom_push("return_value", result)
            instance.state = "success"
        return instance

    def _until_end(self, operator: BaseOperator, context: Mapping[str, Any]) -> Any:
        method, arguments = "execute", {}
        while True:
            try:
                if method == "execute":
                    return operator.execute(context)
                return operator.resume_execution(method, arguments, context)
            except TaskDeferred as deferred:
                stored = serialized(deferred.trigger)
                self.instance.state = "deferred"
                self.instance.deferrals.append(stored)
                method = deferred.method_name
                arguments = {**json.loads(json.dumps(deferred.kwargs or {})), "event": self.triggerer(stored)}
                operator = self._worker(context)

    def _worker(self, context: Mapping[str, Any]) -> BaseOperator:
        self.operator = self.make()
        for name in self.operator.template_fields:
            setattr(self.operator, name, _rendered(getattr(self.operator, name), context))
        return self.operator


def _rendered(value: Any, context: Mapping[str, Any]) -> Any:
    """Renders the simplest templates, `{{ ds }}`."""
    if isinstance(value, str):
        return re.sub(r"\{\{ *(\w+) *\}\}", lambda match: str(context[match.group(1)]), value)
    if isinstance(value, dict):
        return {key: _rendered(one, context) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_rendered(one, context) for one in value)
    return value
