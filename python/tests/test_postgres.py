"""Journals and deliveries shared through PostgreSQL, directly and through PgBouncer. The tests start the servers."""

from __future__ import annotations

import asyncio
import inspect
import os
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import psycopg_pool
import pytest

import channel_files
from bird_connectors import InvalidInputError, JournalClaim, JournalError, Telegram
from bird_connectors.plan import DesiredState
