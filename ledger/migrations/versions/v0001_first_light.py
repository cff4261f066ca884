"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# The journal defends itself: events are only added, at the end, one after the other. In a file the check on insertion
# also stops INSERT OR REPLACE, which deletes without asking the delete trigger.
TRIGGERS = {
    "sqlite": (
        """
    CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
    """,
        """
    CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
    """,
        """
    CREATE TRIGGER journal_in_order BEFORE INSERT ON journal
    WHEN NEW.numero <> 1 + coalesce((SELECT max(numero) FROM journal WHERE azienda_id = NEW.azienda_id), 0)
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
    """,
    ),
    "postgresql": (
        """
    CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'integrity_constraint_violation'; END
    $$
    """,
        """
    CREATE FUNCTION journal_next() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.numero <> 1 + coalesce((SELECT max(numero) FROM journal WHERE azienda_id = NEW.azienda_id), 0) THEN
            RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END
    $$
    """,
        """
    CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse()
    """,
        """
    CREATE TRIGGER journal_no_delete BEFORE DELETE OR TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse()
    """,
        """
    CREATE TRIGGER journal_in_order BEFORE INSERT ON journal
    FOR EACH ROW EXECUTE FUNCTION journal_next()
    """,
    ),
}


def upgrade() -> None:
    """Every table of the ledger."""
    op.create_table(
        "azienda",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sia", sa.Text(), nullable=False),
        sa.Column("nome", sa.Text(), nullable=False),
        sa.Column("codice_fiscale", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_azienda")),
        sa.UniqueConstraint("sia", name=op.f("uq_azienda_sia")),
        sqlite_strict=True,
    )
    op.create_table(
        "banca",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("azienda_id", sa.Integer(), nullable=False),
        sa.Column("abi", sa.Text(), nullable=False),
        sa.Column("nome", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["azienda_id"], ["azienda.id"], name=op.f("fk_banca_azienda_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_banca")),
        sa.UniqueConstraint("azienda_id", "abi", name=op.f("uq_banca_azienda_id_abi")),
        sqlite_strict=True,
    )
    op.create_table(
        "conto",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("azienda_id", sa.Integer(), nullable=False),
        sa.Column("iban", sa.Text(), nullable=False),
        sa.Column("abi", sa.Text(), nullable=False),
        sa.Column("cab", sa.Text(), nullable=False),
        sa.Column("numero", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["azienda_id"], ["azienda.id"], name=op.f("fk_conto_azienda_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conto")),
        sa.UniqueConstraint("azienda_id", "iban", name=op.f("uq_conto_azienda_id_iban")),
        sqlite_strict=True,
    )
    op.create_table(
        "file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("azienda_id", sa.Integer(), nullable=False),
        sa.Column("origine", sa.Text(), nullable=False),
        sa.Column("abi", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("nome", sa.Text(), nullable=False),
        sa.Column("dimensione", sa.Integer(), nullable=False),
        sa.Column("dati", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["azienda_id"], ["azienda.id"], name=op.f("fk_file_azienda_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file")),
        sa.UniqueConstraint("azienda_id", "origine", "sha256", name=op.f("uq_file_azienda_id_origine_sha256")),
        sqlite_strict=True,
    )
    op.create_table(
        "journal",
        sa.Column("azienda_id", sa.Integer(), nullable=False),
        sa.Column("numero", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("tipo", sa.Text(), nullable=False),
        sa.Column("soggetto", sa.Text(), nullable=False),
        sa.Column("dati", sa.Text(), nullable=False),
        sa.Column("prima", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["azienda_id"], ["azienda.id"], name=op.f("fk_journal_azienda_id")),
        sa.PrimaryKeyConstraint("azienda_id", "numero", name=op.f("pk_journal")),
        sqlite_strict=True,
    )
    op.create_table(
        "utente",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("azienda_id", sa.Integer(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("peso", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("stato", sa.Text(), nullable=False),
        sa.Column("tentativi", sa.Integer(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.CheckConstraint("peso BETWEEN 1 AND 100", name=op.f("ck_utente_peso")),
        sa.ForeignKeyConstraint(["azienda_id"], ["azienda.id"], name=op.f("fk_utente_azienda_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_utente")),
        sa.UniqueConstraint("azienda_id", "login", name=op.f("uq_utente_azienda_id_login")),
        sqlite_strict=True,
    )
    op.create_table(
        "distinta",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("azienda_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("numero_supporto", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("flusso", sa.Text(), nullable=False),
        sa.Column("tipo", sa.Text(), nullable=False),
        sa.Column("abi", sa.Text(), nullable=False),
        sa.Column("nome_supporto", sa.Text(), nullable=False),
        sa.Column("data_creazione", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("numero_disposizioni", sa.Integer(), nullable=False),
        sa.Column("totale", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stato", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["azienda_id"], ["azienda.id"], name=op.f("fk_distinta_azienda_id")),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_distinta_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distinta")),
        sqlite_strict=True,
    )
    op.create_index("ix_distinta_stato", "distinta", ["azienda_id", "stato"], unique=False)
    op.create_index(
        "uq_distinta_supporto",
        "distinta",
        ["azienda_id", "abi", "tipo", "nome_supporto"],
        unique=True,
        sqlite_where=sa.text("stato NOT IN ('Con errori', 'Scartata')"),
        postgresql_where=sa.text("stato NOT IN ('Con errori', 'Scartata')"),
    )
    op.create_table(
        "promemoria",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("azienda_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("abi", sa.Text(), nullable=False),
        sa.Column("nome_supporto", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("causale", sa.Text(), nullable=False),
        sa.Column("importo", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("data_valuta", sa.Text(), nullable=True),
        sa.Column("riferimento", sa.Text(), nullable=True),
        sa.Column("conto", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["azienda_id"], ["azienda.id"], name=op.f("fk_promemoria_azienda_id")),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_promemoria_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promemoria")),
        sa.UniqueConstraint("file_id", "line", name=op.f("uq_promemoria_file_id_line")),
        sqlite_strict=True,
    )
    op.create_index("ix_promemoria_riferimento", "promemoria", ["azienda_id", "riferimento"], unique=False)
    op.create_table(
        "rapporto",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("azienda_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("tipo", sa.Text(), nullable=False),
        sa.Column("nome_supporto", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("abi", sa.Text(), nullable=False),
        sa.Column("cab", sa.Text(), nullable=False),
        sa.Column("conto", sa.Text(), nullable=False),
        sa.Column("iban", sa.Text(), nullable=True),
        sa.Column("divisa", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("saldo_iniziale", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("saldo_finale", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("saldo_liquido", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["azienda_id"], ["azienda.id"], name=op.f("fk_rapporto_azienda_id")),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_rapporto_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rapporto")),
        sa.UniqueConstraint(
            "azienda_id",
            "tipo",
            "abi",
            "cab",
            "conto",
            "divisa",
            "data",
            "nome_supporto",
            name=op.f("uq_rapporto_azienda_id_tipo_abi_cab_conto_divisa_data_nome_supporto"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "diagnostica",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("distinta_id", sa.Integer(), nullable=True),
        sa.Column("codice", sa.Text(), nullable=False),
        sa.Column("gravita", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("dati", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["distinta_id"], ["distinta.id"], name=op.f("fk_diagnostica_distinta_id")),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_diagnostica_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diagnostica")),
        sqlite_strict=True,
    )
    op.create_index("ix_diagnostica_distinta", "diagnostica", ["distinta_id"], unique=False)
    op.create_index("ix_diagnostica_file", "diagnostica", ["file_id"], unique=False)
    op.create_table(
        "disposizione",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("azienda_id", sa.Integer(), nullable=False),
        sa.Column("distinta_id", sa.Integer(), nullable=False),
        sa.Column("numero", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("causale", sa.Text(), nullable=False),
        sa.Column("importo", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scadenza", sa.Text(), nullable=False),
        sa.Column("numero_ricevuta", sa.Text(), nullable=False),
        sa.Column("debitore", sa.Text(), nullable=False),
        sa.Column("codice_fiscale", sa.Text(), nullable=True),
        sa.Column("abi", sa.Text(), nullable=False),
        sa.Column("cab", sa.Text(), nullable=True),
        sa.Column("conto_assuntrice", sa.Text(), nullable=True),
        sa.Column("codice_cliente", sa.Text(), nullable=True),
        sa.Column("riferimento", sa.Text(), nullable=True),
        sa.Column("stato", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["azienda_id"], ["azienda.id"], name=op.f("fk_disposizione_azienda_id")),
        sa.ForeignKeyConstraint(["distinta_id"], ["distinta.id"], name=op.f("fk_disposizione_distinta_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disposizione")),
        sa.UniqueConstraint("distinta_id", "numero", name=op.f("uq_disposizione_distinta_id_numero")),
        sqlite_strict=True,
    )
    op.create_index("ix_disposizione_importo", "disposizione", ["azienda_id", "importo", "scadenza"], unique=False)
    op.create_index(
        "ix_disposizione_ricevuta",
        "disposizione",
        ["azienda_id", "numero_ricevuta", "importo", "scadenza"],
        unique=False,
    )
    op.create_table(
        "firma",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("distinta_id", sa.Integer(), nullable=False),
        sa.Column("utente_id", sa.Integer(), nullable=False),
        sa.Column("peso", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("numero_disposizioni", sa.Integer(), nullable=False),
        sa.Column("totale", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("regole", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["distinta_id"], ["distinta.id"], name=op.f("fk_firma_distinta_id")),
        sa.ForeignKeyConstraint(["utente_id"], ["utente.id"], name=op.f("fk_firma_utente_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_firma")),
        sa.UniqueConstraint("distinta_id", "utente_id", name=op.f("uq_firma_distinta_id_utente_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "intento",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("distinta_id", sa.Integer(), nullable=False),
        sa.Column("abi", sa.Text(), nullable=False),
        sa.Column("nome_file", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("stato", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["distinta_id"], ["distinta.id"], name=op.f("fk_intento_distinta_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intento")),
        sqlite_strict=True,
    )
    op.create_index("ix_intento_stato", "intento", ["stato"], unique=False)
    op.create_index(
        "uq_intento_distinta",
        "intento",
        ["distinta_id"],
        unique=True,
        sqlite_where=sa.text("stato <> 'ritirato'"),
        postgresql_where=sa.text("stato <> 'ritirato'"),
    )
    op.create_table(
        "movimento",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rapporto_id", sa.Integer(), nullable=False),
        sa.Column("numero", sa.Integer(), nullable=True),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("data_valuta", sa.Text(), nullable=True),
        sa.Column("data_contabile", sa.Text(), nullable=False),
        sa.Column("segno", sa.Text(), nullable=False),
        sa.Column("importo", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("causale", sa.Text(), nullable=False),
        sa.Column("causale_interna", sa.Text(), nullable=True),
        sa.Column("riferimento_banca", sa.Text(), nullable=True),
        sa.Column("tipo_riferimento", sa.Text(), nullable=True),
        sa.Column("riferimento", sa.Text(), nullable=True),
        sa.Column("descrizione", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["rapporto_id"], ["rapporto.id"], name=op.f("fk_movimento_rapporto_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_movimento")),
        sa.UniqueConstraint("rapporto_id", "line", name=op.f("uq_movimento_rapporto_id_line")),
        sqlite_strict=True,
    )
    op.create_index("ix_movimento_data", "movimento", ["data_contabile"], unique=False)
    op.create_index("ix_movimento_riferimento", "movimento", ["tipo_riferimento", "riferimento"], unique=False)
    op.create_table(
        "esito",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("azienda_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("disposizione_id", sa.Integer(), nullable=True),
        sa.Column("abi", sa.Text(), nullable=False),
        sa.Column("nome_supporto", sa.Text(), nullable=False),
        sa.Column("data_creazione", sa.Text(), nullable=True),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("causale", sa.Text(), nullable=False),
        sa.Column("effetto", sa.Text(), nullable=False),
        sa.Column("numero_ricevuta", sa.Text(), nullable=False),
        sa.Column("importo", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scadenza", sa.Text(), nullable=True),
        sa.Column("debitore", sa.Text(), nullable=False),
        sa.Column("spese", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("data_valuta", sa.Text(), nullable=True),
        sa.Column("riferimento_promemoria", sa.Text(), nullable=True),
        sa.Column("verdetto", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["azienda_id"], ["azienda.id"], name=op.f("fk_esito_azienda_id")),
        sa.ForeignKeyConstraint(["disposizione_id"], ["disposizione.id"], name=op.f("fk_esito_disposizione_id")),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_esito_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_esito")),
        sa.UniqueConstraint("file_id", "line", name=op.f("uq_esito_file_id_line")),
        sqlite_strict=True,
    )
    op.create_index("ix_esito_disposizione", "esito", ["disposizione_id"], unique=False)
    op.create_index("ix_esito_promemoria", "esito", ["azienda_id", "riferimento_promemoria"], unique=False)
    op.create_table(
        "iter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("distinta_id", sa.Integer(), nullable=False),
        sa.Column("disposizione_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("chi", sa.Text(), nullable=False),
        sa.Column("evento", sa.Text(), nullable=False),
        sa.Column("da", sa.Text(), nullable=False),
        sa.Column("a", sa.Text(), nullable=False),
        sa.Column("dati", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["disposizione_id"], ["disposizione.id"], name=op.f("fk_iter_disposizione_id")),
        sa.ForeignKeyConstraint(["distinta_id"], ["distinta.id"], name=op.f("fk_iter_distinta_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_iter")),
        sqlite_strict=True,
    )
    op.create_index("ix_iter_disposizione", "iter", ["disposizione_id"], unique=False)
    op.create_index("ix_iter_distinta", "iter", ["distinta_id"], unique=False)
    op.create_table(
        "eccezione",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("azienda_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("esito_id", sa.Integer(), nullable=True),
        sa.Column("distinta_id", sa.Integer(), nullable=True),
        sa.Column("motivo", sa.Text(), nullable=False),
        sa.Column("dati", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["azienda_id"], ["azienda.id"], name=op.f("fk_eccezione_azienda_id")),
        sa.ForeignKeyConstraint(["distinta_id"], ["distinta.id"], name=op.f("fk_eccezione_distinta_id")),
        sa.ForeignKeyConstraint(["esito_id"], ["esito.id"], name=op.f("fk_eccezione_esito_id")),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_eccezione_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eccezione")),
        sqlite_strict=True,
    )
    op.create_index("ix_eccezione_azienda", "eccezione", ["azienda_id"], unique=False)
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)
