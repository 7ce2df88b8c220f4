"""DuckDB in Python without its package: the C interface of the library that Nightshift itself uses."""

import ctypes
import os

import numpy

_duckdb = ctypes.CDLL(os.environ["DUCKDB_LIBRARY"])
_pointer, _size = ctypes.c_void_p, ctypes.c_uint64
_CHUNK = 2048
_INTEGER, _FLOAT = 4, 10  # duckdb_type
_TEXT_BYTES, _INLINED = 16, 12  # A text is its size, and up to 12 bytes of its own or the address of more.


class _Result(ctypes.Structure):
    _fields_ = [("deprecated", _size * 5), ("internal", _pointer)]


def _function(name, result, *arguments):
    function = getattr(_duckdb, "duckdb_" + name)
    function.restype, function.argtypes = result, arguments
    return function


_open = _function("open", ctypes.c_int, ctypes.c_char_p, ctypes.POINTER(_pointer))
_connect = _function("connect", ctypes.c_int, _pointer, ctypes.POINTER(_pointer))
_query = _function("query", ctypes.c_int, _pointer, ctypes.c_char_p, ctypes.POINTER(_Result))
_error = _function("result_error", ctypes.c_char_p, ctypes.POINTER(_Result))
_destroy_result = _function("destroy_result", None, ctypes.POINTER(_Result))
_fetch = _function("fetch_chunk", _pointer, _Result)
_chunk_size = _function("data_chunk_get_size", _size, _pointer)
_set_chunk_size = _function("data_chunk_set_size", None, _pointer, _size)
_vector = _function("data_chunk_get_vector", _pointer, _pointer, _size)
_child = _function("array_vector_get_child", _pointer, _pointer)
_data = _function("vector_get_data", _pointer, _pointer)
_destroy_chunk = _function("destroy_data_chunk", None, ctypes.POINTER(_pointer))
_type = _function("create_logical_type", _pointer, ctypes.c_int)
_create_chunk = _function("create_data_chunk", _pointer, ctypes.POINTER(_pointer), _size)
_appender = _function(
    "appender_create", ctypes.c_int, _pointer, ctypes.c_char_p, ctypes.c_char_p, ctypes.POINTER(_pointer)
)
_append = _function("append_data_chunk", ctypes.c_int, _pointer, _pointer)
_destroy_appender = _function("appender_destroy", ctypes.c_int, ctypes.POINTER(_pointer))


def _check(status, what):
    if status != 0:
        raise RuntimeError(f"DuckDB: {what}")


class Duck:
    """A database in memory, with two threads."""

    def __init__(self):
        database, self._connection = _pointer(), _pointer()
        _check(_open(None, ctypes.byref(database)), "can't be opened")
        _check(_connect(database, ctypes.byref(self._connection)), "can't be connected to")
        self.execute("SET threads = 2")

    def _run(self, sql):
        result = _Result()
        if _query(self._connection, sql.encode(), ctypes.byref(result)) != 0:
            raise RuntimeError(_error(ctypes.byref(result)).decode())
        return result

    def execute(self, sql):
        result = self._run(sql)
        _destroy_result(ctypes.byref(result))

    def matrix(self, columns, source):
        """The columns of all rows, none of them NULL, as single-precision numbers, row by row."""
        arrays = ", ".join(f"({column})::FLOAT" for column in columns)
        result = self._run(f"SELECT array_value({arrays}) FROM {source}")
        parts = []
        while chunk := _fetch(result):
            rows = _chunk_size(chunk)
            data = ctypes.cast(_data(_child(_vector(chunk, 0))), ctypes.POINTER(ctypes.c_float))
            parts.append(numpy.ctypeslib.as_array(data, (rows, len(columns))).copy())
            _destroy_chunk(ctypes.byref(_pointer(chunk)))
        _destroy_result(ctypes.byref(result))
        return numpy.concatenate(parts)

    def texts(self, column, source):
        """The texts of a column in all rows, none of them NULL."""
        result = self._run(f"SELECT {column} FROM {source}")
        texts = []
        while chunk := _fetch(result):
            data = _data(_vector(chunk, 0))
            for row in range(_chunk_size(chunk)):
                place = data + _TEXT_BYTES * row
                size = ctypes.c_uint32.from_address(place).value
                short = size <= _INLINED
                start = place + 4 if short else ctypes.c_uint64.from_address(place + 8).value
                texts.append(ctypes.string_at(start, size).decode())
            _destroy_chunk(ctypes.byref(_pointer(chunk)))
        _destroy_result(ctypes.byref(result))
        return texts

    def append(self, table, *columns):
        """Fills a table, of integers and single-precision numbers as the columns are."""
        types = [_INTEGER if column.dtype == numpy.int32 else _FLOAT for column in columns]
        chunk = _create_chunk((_pointer * len(types))(*[_type(kind) for kind in types]), len(types))
        appender = _pointer()
        _check(_appender(self._connection, None, table.encode(), ctypes.byref(appender)), f"there is no table {table}")
        for start in range(0, len(columns[0]), _CHUNK):
            rows = min(_CHUNK, len(columns[0]) - start)
            for number, column in enumerate(columns):
                part = numpy.ascontiguousarray(column[start : start + rows])
                ctypes.memmove(_data(_vector(chunk, number)), part.ctypes.data, part.nbytes)
            _set_chunk_size(chunk, rows)
            _check(_append(appender, chunk), "rows can't be appended")
        _check(_destroy_appender(ctypes.byref(appender)), "rows can't be appended")
        _destroy_chunk(ctypes.byref(_pointer(chunk)))
