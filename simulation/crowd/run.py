"""A whole run: workers started, watched and summed up."""

import multiprocessing
import multiprocessing.connection
import signal
import time
from collections import Counter
from dataclasses import dataclass, field

from simulation.crowd.account import Account
from simulation.crowd.display import Display
from simulation.crowd.latency import Latencies
from simulation.crowd.watch import Watch
from simulation.crowd.worker import Plan, work

_LEAD = 0.05  # seconds from "go" to second 0, so that all workers begin together


@dataclass
class Outcome:
    account: Account = field(default_factory=Account)
    latencies: Latencies = field(default_factory=Latencies)
    counts: Counter = field(default_factory=Counter)
    sent_for: float = 0.0  # seconds of the schedule
    most_behind: float = 0.0
    most_lag: int = 0
    unanswered: int = 0
    surprises: list[str] = field(default_factory=list)
    failure: str = ""

    @property
    def good(self) -> bool:
        """Everything sent was answered as the contract says."""
        return not (self.failure or self.unanswered or self.surprises or self.counts["refused"] or self.counts["left_out"])


class Crowd:
    def __init__(self, plan: Plan, quiet: bool = False):
        self._plan = plan
        self._watch = Watch(plan.url, plan.api_key)
        self._display = Display(f"{plan.matches} matches to {plan.url}   seed {plan.seed}", plan.duration, self._watch, quiet)
        self._states: dict[int, dict] = {}
        self._outcome = Outcome()
        self._interrupted = False
        self._began: float | None = None

    def run(self) -> Outcome:
        """Until the end of the plan, or two interrupts: the first ends the schedule, the second the waiting for answers.
        SIGTERM ends the schedule and waits for two seconds."""
        context = multiprocessing.get_context("spawn")
        pipes, processes = {}, []
        for number in range(self._plan.workers):
            ours, theirs = context.Pipe()
            process = context.Process(target=work, args=(self._plan, number, theirs), daemon=True)
            process.start()
            theirs.close()
            pipes[ours] = number
            processes.append(process)
        signal.signal(signal.SIGINT, lambda *_: self._interrupt(pipes, "stop"))
        signal.signal(signal.SIGTERM, lambda *_: self._interrupt(pipes, "hurry"))
        try:
            self._start(pipes)
            self._follow(dict(pipes))
        finally:
            for process in processes:
                process.join(0 if self._outcome.failure else 5)
                process.terminate()
            self._display.end()
            self._watch.stop()
        self._outcome.most_lag = self._watch.most_lag
        return self._outcome

    def _interrupt(self, pipes: dict, wish: str) -> None:
        wish = "give up" if self._interrupted else wish
        self._interrupted = True
        if self._began is None:
            self._outcome.failure = "interrupted before it began"
            return
        for pipe in pipes:
            try:
                pipe.send(wish)
            except OSError:
                pass  # that one has ended

    def _start(self, pipes: dict) -> None:
        for pipe, number in pipes.items():
            try:
                pipe.recv()
            except EOFError:
                self._outcome.failure = f"process {number} of the generator did not start: see above"
                return
        if self._outcome.failure:
            return
        self._began = time.monotonic() + _LEAD
        for pipe in pipes:
            pipe.send(("go", self._began))

    def _follow(self, pipes: dict) -> None:
        while pipes and not self._outcome.failure:
            for pipe in multiprocessing.connection.wait(list(pipes), timeout=0.1):
                try:
                    self._take(pipes[pipe], pipe.recv(), pipes, pipe)
                except EOFError:
                    self._outcome.failure = f"process {pipes[pipe]} of the generator ended by itself: the account is not whole"
            self._display.show(self._outcome.counts, self._outcome.latencies, self._behind(), self._trouble())

    def _take(self, number: int, state: dict, pipes: dict, pipe) -> None:
        outcome = self._outcome
        self._states[number] = state
        for sentence in state["news"]:
            self._display.note(sentence)
        outcome.latencies.merge(state["latencies"])
        outcome.counts = sum((Counter(each["counts"]) for each in self._states.values()), Counter())
        outcome.most_behind = max(outcome.most_behind, state["most_behind"])
        outcome.surprises = [sentence for each in self._states.values() for sentence in each["surprises"]][:5]
        if "account" in state:
            outcome.account.merge(state["account"])
            outcome.sent_for = max(outcome.sent_for, state["sent_for"])
            outcome.unanswered += state["counts"].get("in_flight", 0) + state["counts"].get("waiting", 0)
            del pipes[pipe]
        if state["failure"] and "account" in state:
            outcome.failure = state["failure"]

    def _behind(self) -> float:
        return max((state["behind"] for state in self._states.values()), default=0.0)

    def _trouble(self) -> str:
        return next((state["trouble"] for state in self._states.values() if state["trouble"]), "")
