"""A Jupyter kernel in which the course is set up before a notebook's first import.

`kata.authoring.jupyter` names this module to Jupyter; KATA_COURSE names the course.
"""

import os
from pathlib import Path

from kata.course import Course

if __name__ == "__main__":
    Course.read(Path(os.environ["KATA_COURSE"])).set_up()

    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()
