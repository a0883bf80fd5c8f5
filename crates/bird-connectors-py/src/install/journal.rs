//! Journals of creates: the SDK's file journal, or an object of the user.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use bird_connectors as sdk;
use pyo3::exceptions::{PyOSError, PyRuntimeError};
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::type_hint_identifier;
use sdk::install::{Journal as _, JournalClaim, SharedJournal};

use crate::callbacks::{
    CallbackQueue, CallbackSender, JournalMethod, JournalReply, callback_queue,
};
use crate::convert::{Arg, FilePath, Refusal, Str, arguments};
use crate::process::{ProcessOwned, lock};
use crate::sdk_errors::sdk_error;

/// A journal of creates in a file, with one JSON value per line. Each line is synced to disk before the create is sent.
///
/// Opening blocks on disk I/O and creates the file if it is missing. Several processes of one machine can open the same file
/// and install the same templates at the same time: for each connector, one of them creates it, and the others wait and adopt
/// it. If a process is killed, the next one first searches for the connector of its last create. A connector that is being
/// installed is a locked file in the directory `FILE.claims`.
///
/// If a crash left an incomplete last line, the next process removes it: its create was not sent. If the file is deleted,
/// replaced or changed by another program while it is open, the next append fails, and no create is sent. A forked child
/// cannot use the journal of its parent, and opens the file itself.
///
/// Args:
///     path: The file.
///
/// Raises:
///     JournalError: The operating system cannot open or read the file, or it is not a journal. It is an `OSError`.
///     TypeError: `path` is neither a string nor path-like.
#[pyclass(frozen, weakref, module = "bird_connectors")]
pub(crate) struct FileJournal {
    path: PathBuf,
    file: Mutex<Option<ProcessOwned<sdk::install::FileJournal>>>,
}

impl FileJournal {
    /// The `OSError` for a file operation that failed, with the errno and the path.
    fn os_error(&self, error: &io::Error) -> PyErr {
        match error.raw_os_error() {
            Some(code) => {
                let message = error.to_string();
                let message = message.split(" (os error").next().unwrap_or_default();
                PyOSError::new_err((code, message.to_owned(), self.path.clone()))
            }
            None => PyOSError::new_err(error.to_string()),
        }
    }

    /// The journal of this process.
    fn current(&self) -> PyResult<sdk::install::FileJournal> {
        let file = lock(&self.file);
        match file.as_ref().map(ProcessOwned::get) {
            Some(Some(file)) => Ok(file.clone()),
            Some(None) => Err(PyRuntimeError::new_err(
                "the journal was opened before the process forked and belongs to the parent: open another one in the child",
            )),
            None => Err(PyRuntimeError::new_err(
                "the journal is closed: open it again",
            )),
        }
    }
}

#[pymethods]
impl FileJournal {
    #[new]
    fn new(py: Python<'_>, path: Arg<FilePath>) -> PyResult<Self> {
        arguments!(path);
        let path = path.0;
        let file = py.detach(|| sdk::install::FileJournal::open(&path));
        let file = file.map_err(|error| sdk_error(py, &error))?;
        Ok(Self {
            path,
            file: Mutex::new(Some(ProcessOwned::new(file))),
        })
    }

    /// The lines of the journal, oldest first.
    ///
    /// Raises:
    ///     OSError: The file cannot be read.
    fn lines(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        let file = self.current()?;
        py.detach(|| file.lines())
            .map_err(|error| self.os_error(&error))
    }

    /// Appends a line, and returns when it is on disk.
    ///
    /// Raises:
    ///     OSError: The line cannot be written.
    fn append(&self, py: Python<'_>, line: Arg<Str>) -> PyResult<()> {
        arguments!(line);
        let file = self.current()?;
        py.detach(|| file.append(&line.0))
            .map_err(|error| self.os_error(&error))
    }

    /// Closes the file. Calls that are using the journal keep it open until they end.
    fn close(&self) {
        let file = lock(&self.file).take();
        drop(file);
    }

    fn __enter__(this: PyRef<'_, Self>) -> PyResult<PyRef<'_, Self>> {
        this.current()?;
        Ok(this)
    }

    fn __exit__(
        &self,
        _kind: &Bound<'_, PyAny>,
        _error: &Bound<'_, PyAny>,
        _traceback: &Bound<'_, PyAny>,
    ) {
        self.close();
    }

    fn __repr__(&self) -> String {
        format!("<bird_connectors.FileJournal path={:?}>", self.path)
    }
}

/// The methods of a journal that several processes share.
const CLAIM_METHODS: [&str; 5] = ["last_lines", "acquire", "renew", "write", "release"];

fn has_method(value: &Bound<'_, PyAny>, name: &str) -> PyResult<bool> {
    let method = value.getattr_opt(name)?;
    Ok(method.is_some_and(|method| method.is_callable()))
}

/// A journal as an argument.
pub(crate) enum Journal {
    File(sdk::install::FileJournal),
    Object { object: Py<PyAny>, is_shared: bool },
}

impl<'py> FromPyObject<'_, 'py> for Journal {
    type Error = Refusal;

    const INPUT_TYPE: PyStaticExpr =
        type_hint_identifier!("bird_connectors._journal", "AnyJournal");

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Refusal> {
        if let Ok(journal) = value.cast::<FileJournal>() {
            return Ok(Self::File(journal.get().current()?));
        }
        let is_shared = has_method(&value, "acquire")?;
        let (methods, expected) = match is_shared {
            true => (
                &CLAIM_METHODS[..],
                "a journal with the methods last_lines(keys), acquire(key), renew(claim), write(claim, line) and release(claim, line)",
            ),
            false => (
                &["lines", "append"][..],
                "a journal with the methods lines() and append(line)",
            ),
        };
        for method in methods {
            if !has_method(&value, method)? {
                return Err(Refusal::wrong_type(expected, &value));
            }
        }
        Ok(Self::Object {
            object: value.to_owned().unbind(),
            is_shared,
        })
    }
}

/// A journal as an argument that is used later. An object that is not a journal is refused at once.
pub(crate) struct KeptJournal(pub(crate) Py<PyAny>);

impl<'py> FromPyObject<'_, 'py> for KeptJournal {
    type Error = Refusal;

    const INPUT_TYPE: PyStaticExpr = Journal::INPUT_TYPE;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Refusal> {
        Journal::extract(value)?;
        Ok(Self(value.to_owned().unbind()))
    }
}

/// A journal as an argument that is used later, whose lines can be read without their keys.
pub(crate) struct KeptListedJournal(pub(crate) Py<PyAny>);

impl<'py> FromPyObject<'_, 'py> for KeptListedJournal {
    type Error = Refusal;

    const INPUT_TYPE: PyStaticExpr = Journal::INPUT_TYPE;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Refusal> {
        let kept = KeptJournal::extract(value)?.0;
        // A shared journal needs it for nothing else.
        if !has_method(&value, "lines")? {
            return Err(Refusal::wrong_type(
                "a journal with the method lines() as well, which returns the last line of each key",
                &value,
            ));
        }
        Ok(Self(kept))
    }
}

impl Journal {
    /// The journal for the SDK and, for an object of the user, the queue of callbacks to it.
    pub(crate) fn open(self) -> (Arc<dyn sdk::install::Journal>, Option<CallbackQueue>) {
        match self {
            Self::File(file) => (Arc::new(file), None),
            Self::Object { object, is_shared } => {
                let (sender, queue) = callback_queue(object);
                let journal = ObjectJournal { sender, is_shared };
                (Arc::new(journal), Some(queue))
            }
        }
    }
}

/// A journal whose methods are those of an object of the user.
struct ObjectJournal {
    sender: CallbackSender,
    is_shared: bool,
}

impl ObjectJournal {
    fn lines_of(&self, method: JournalMethod) -> io::Result<Vec<String>> {
        match self.sender.call(method)? {
            JournalReply::Lines(lines) => Ok(lines),
            _ => Ok(Vec::new()),
        }
    }

    fn is_held(&self, method: JournalMethod) -> io::Result<bool> {
        let reply = self.sender.call(method)?;
        Ok(matches!(reply, JournalReply::IsHeld(true)))
    }
}

impl sdk::install::Journal for ObjectJournal {
    fn lines(&self) -> io::Result<Vec<String>> {
        self.lines_of(JournalMethod::Lines)
    }

    fn append(&self, line: &str) -> io::Result<()> {
        self.sender
            .call(JournalMethod::Append(line.to_owned()))
            .map(drop)
    }

    fn shared(&self) -> Option<&dyn SharedJournal> {
        self.is_shared.then_some(self as &dyn SharedJournal)
    }
}

impl SharedJournal for ObjectJournal {
    fn last_lines(&self, keys: &[String]) -> io::Result<Vec<String>> {
        self.lines_of(JournalMethod::LastLines(keys.to_vec()))
    }

    fn acquire(&self, key: &str) -> io::Result<Option<JournalClaim>> {
        match self.sender.call(JournalMethod::Acquire(key.to_owned()))? {
            JournalReply::Claim(claim) => Ok(claim.map(JournalClaim::from)),
            _ => Ok(None),
        }
    }

    fn renew(&self, claim: &JournalClaim) -> io::Result<bool> {
        self.is_held(JournalMethod::Renew(claim.into()))
    }

    fn write(&self, claim: &JournalClaim, line: &str) -> io::Result<bool> {
        self.is_held(JournalMethod::Write(claim.into(), line.to_owned()))
    }

    fn release(&self, claim: &JournalClaim, line: Option<&str>) -> io::Result<bool> {
        let line = line.map(str::to_owned);
        self.is_held(JournalMethod::Release(claim.into(), line))
    }
}
