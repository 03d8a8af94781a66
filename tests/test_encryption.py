"""Encrypted columns: bound to their place, never written or asked for in clear, keys that can change."""

import uuid
from types import SimpleNamespace

import pytest
from django.apps.registry import Apps
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, models, transaction

from accounts import encryption, keeping_actions, triggers
from accounts.encryption import BlindIndexField, DecryptionError, EncryptedTextField, Sealed, blind_index

OLD, NEW = "1:" + "11" * 32, "2:" + "33" * 32
NUMBER, OTHER_NUMBER = "140425201203124567", "140425201203124575"
registry = Apps()


class Vault(models.Model):
    """Kept out of the application's registry: it exists in these tests only."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True)
    name = models.CharField(max_length=20, default="")
    number = EncryptedTextField()
    number_index = BlindIndexField(source="number", purpose="id_number", unique=True)
    phone = EncryptedTextField()

    class Meta:
        apps = registry
        app_label = "accounts"
        db_table = "test_vault"


@pytest.fixture(autouse=True)
def table(db):
    sql, _ = connection.schema_editor(collect_sql=True).table_sql(Vault)
    with connection.cursor() as cursor:
        cursor.execute(sql)


def raw(row, column="number"):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM test_vault WHERE id = %s", [row.pk])
        value = cursor.fetchone()[0]
    return bytes(value) if value is not None and column != "number_index" else value


def put(row, column, value):
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE test_vault SET {column} = %s WHERE id = %s", [value, row.pk])


def fresh(row):
    return Vault._default_manager.get(pk=row.pk)


def test_a_value_comes_back_and_does_not_stand_in_the_database():
    row = Vault._default_manager.create(number=NUMBER, phone="13800138000")
    assert fresh(row).number == NUMBER
    assert fresh(row).phone == "13800138000"
    assert NUMBER.encode() not in raw(row)
    assert raw(row)[0] == 1


def test_equal_values_are_stored_differently():
    first = Vault._default_manager.create(phone="13800138000")
    second = Vault._default_manager.create(phone="13800138000")
    assert raw(first, "phone") != raw(second, "phone")


def test_nothing_is_stored_as_null_and_comes_back_as_empty_text():
    row = Vault._default_manager.create(number="")
    assert raw(row) is None
    assert raw(row, "number_index") is None
    assert fresh(row).number == ""
    Vault._default_manager.create(number="")  # two without a number do not collide


@pytest.mark.parametrize("position", [0, 1, 13, -1])
def test_an_altered_byte_is_refused(position):
    row = Vault._default_manager.create(number=NUMBER)
    sealed = bytearray(raw(row))
    sealed[position] ^= 1
    put(row, "number", bytes(sealed))
    with pytest.raises(DecryptionError):
        _ = fresh(row).number


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01short", b"\x09" + b"x" * 40])
def test_rubbish_is_refused(sealed):
    row = Vault._default_manager.create(number=NUMBER)
    put(row, "number", sealed)
    with pytest.raises(DecryptionError):
        _ = fresh(row).number


def test_a_value_copied_to_another_row_is_refused():
    mine = Vault._default_manager.create(number=NUMBER)
    theirs = Vault._default_manager.create(number=OTHER_NUMBER)
    put(theirs, "number", raw(mine))
    with pytest.raises(DecryptionError):
        _ = fresh(theirs).number


def test_a_value_copied_to_another_column_is_refused():
    row = Vault._default_manager.create(number=NUMBER)
    put(row, "phone", raw(row))
    with pytest.raises(DecryptionError):
        _ = fresh(row).phone


def test_saving_again_leaves_an_unread_value_untouched():
    row = Vault._default_manager.create(number=NUMBER)
    before = raw(row), raw(row, "number_index")
    again = fresh(row)
    again.name = "改名"
    again.save()
    assert (raw(row), raw(row, "number_index")) == before


@pytest.mark.parametrize(
    "narrowed", [lambda rows: rows.defer("number"), lambda rows: rows.only("name", "uuid")]
)
def test_saving_a_row_read_in_part_loses_neither_value_nor_index(narrowed):
    row = Vault._default_manager.create(number=NUMBER)
    index = raw(row, "number_index")
    part = narrowed(Vault._default_manager).get(pk=row.pk)
    part.name = "改名"
    part.save()
    assert fresh(row).number == NUMBER
    assert raw(row, "number_index") == index


def test_saving_a_deferred_value_by_name_does_not_wipe_it():
    row = Vault._default_manager.create(number=NUMBER)
    Vault._default_manager.defer("number").get(pk=row.pk).save(update_fields=["number"])
    assert fresh(row).number == NUMBER


def test_lists_do_not_decrypt(monkeypatch):
    Vault._default_manager.create(number=NUMBER)
    monkeypatch.setattr(encryption, "decrypt", lambda *_: pytest.fail("decrypted"))
    assert [row.name for row in Vault._default_manager.all()] == [""]


def test_bulk_create_encrypts_and_indexes():
    rows = Vault._default_manager.bulk_create([Vault(number=NUMBER), Vault(number=OTHER_NUMBER)])
    assert [fresh(row).number for row in rows] == [NUMBER, OTHER_NUMBER]
    assert raw(rows[0], "number_index") == blind_index("id_number", NUMBER)


@pytest.mark.parametrize(
    "write",
    [
        lambda rows: rows.update(number=NUMBER),
        lambda rows: rows.filter(number=NUMBER).exists(),
        lambda rows: rows.filter(number__contains="1404").exists(),
        lambda rows: rows.filter(number__in=[NUMBER]).exists(),
        lambda rows: rows.exclude(number="").exists(),
        lambda rows: rows.bulk_update([rows.get()], ["number"]),
    ],
)
def test_clear_text_reaches_no_statement(write):
    Vault._default_manager.create(number=NUMBER)
    with pytest.raises((TypeError, FieldError), match=r"encrypted|Unsupported lookup"):
        write(Vault._default_manager)


def test_the_index_finds_follows_and_keeps_purposes_apart():
    row = Vault._default_manager.create(number=NUMBER)
    found = Vault._default_manager.filter(number_index=blind_index("id_number", NUMBER))
    assert found.get() == row
    assert blind_index("id_number", NUMBER) != blind_index("phone", NUMBER)
    assert blind_index("phone", "") == ""
    row.number = OTHER_NUMBER
    row.save()
    assert not found.exists()


def test_the_index_depends_on_its_key(settings):
    before = blind_index("id_number", NUMBER)
    settings.FIELD_INDEX_KEY = "44" * 32
    assert blind_index("id_number", NUMBER) != before


def test_without_keys_nothing_works(settings):
    settings.FIELD_KEYS = ""
    with pytest.raises(ImproperlyConfigured):
        Vault._default_manager.create(number=NUMBER)


def test_a_form_never_offers_the_value():
    assert Vault._meta.get_field("number").formfield() is None


# --- rotation ----------------------------------------------------------------------------------------------------


@pytest.fixture
def rotate(monkeypatch, settings):
    """rotate("2:…,1:…") changes the keys and runs the command over the vault."""
    monkeypatch.setattr(keeping_actions, "apps", SimpleNamespace(get_models=lambda: [Vault]))

    def run(keys, **options):
        settings.FIELD_KEYS = keys
        call_command("rotate_field_keys", **options)

    return run


def test_rotation_writes_everything_with_the_new_key(rotate, settings):
    row = Vault._default_manager.create(number=NUMBER, phone="13800138000")
    index = raw(row, "number_index")
    rotate(f"{NEW},{OLD}")
    assert raw(row)[0] == raw(row, "phone")[0] == 2
    settings.FIELD_KEYS = NEW
    assert fresh(row).number == NUMBER
    assert raw(row, "number_index") == index


def test_rotation_can_be_stopped_and_repeated(rotate, monkeypatch):
    monkeypatch.setattr(keeping_actions, "BATCH", 2)
    rows = Vault._default_manager.bulk_create([Vault(phone=f"1380013800{number}") for number in range(5)])
    rotate(f"{NEW},{OLD}")
    before = [raw(row, "phone") for row in rows]
    rotate(f"{NEW},{OLD}")
    assert [raw(row, "phone") for row in rows] == before
    assert {sealed[0] for sealed in before} == {2}


def test_rotation_without_the_old_key_says_so_and_changes_nothing(rotate):
    row = Vault._default_manager.create(number=NUMBER)
    before = raw(row)
    with pytest.raises(CommandError, match="有 1 个值读不出"):
        rotate(NEW)
    assert raw(row) == before


def test_rotation_of_the_index_key(rotate, settings):
    row = Vault._default_manager.create(number=NUMBER)
    settings.FIELD_INDEX_KEY = "44" * 32
    rotate(OLD, index=True)
    assert raw(row, "number_index") == blind_index("id_number", NUMBER)
    assert fresh(row).number == NUMBER


def test_rotation_does_not_undo_what_somebody_saves_meanwhile(rotate, settings, monkeypatch):
    row = Vault._default_manager.create(number=NUMBER)
    decrypt = encryption.decrypt

    def decrypt_while_somebody_saves(sealed, context):
        put(row, "number", Sealed(encryption.encrypt(OTHER_NUMBER.encode(), context)))
        return decrypt(sealed, context)

    monkeypatch.setattr(encryption, "decrypt", decrypt_while_somebody_saves)
    rotate(f"{NEW},{OLD}")
    monkeypatch.undo()
    settings.FIELD_KEYS = NEW
    assert fresh(row).number == OTHER_NUMBER


def test_rotation_reaches_append_only_tables_and_leaves_them_guarded(rotate, monkeypatch):
    monkeypatch.setattr(triggers, "GUARDED_TABLES", {"test_vault"})
    row = Vault._default_manager.create(number=NUMBER)
    triggers.install(connection, "test_vault")
    rotate(f"{NEW},{OLD}")
    assert raw(row)[0] == 2
    assert fresh(row).number == NUMBER
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        put(row, "name", "x")


def test_a_rotation_that_fails_leaves_the_guard(rotate, monkeypatch):
    monkeypatch.setattr(triggers, "GUARDED_TABLES", {"test_vault"})
    row = Vault._default_manager.create(number=NUMBER)
    triggers.install(connection, "test_vault")
    monkeypatch.setattr(encryption, "encrypt", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        rotate(f"{NEW},{OLD}")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        put(row, "name", "x")
