"""Jobs: processes that work on a recipe, launched once each, watched over and ended with all they started.

The backend that runs them on this machine is `tools.jobs.local.LocalJobs`; it needs a POSIX system.
"""

from tools.jobs.backend import JobBackend
from tools.jobs.fake import FakeJobs
from tools.jobs.job import Job, JobState, LogPart
from tools.jobs.spec import JobSpec, Limits

__all__ = ["FakeJobs", "Job", "JobBackend", "JobSpec", "JobState", "Limits", "LogPart"]
