-- Readers differ: one cuts a card's number short, another turns it round. A token answers to every name it has, and no
-- two tokens of an operator share one.

ALTER TABLE token ADD COLUMN aliases text[] NOT NULL DEFAULT '{}';

CREATE TABLE token_name (
    operator_key bigint NOT NULL REFERENCES operator,
    name text NOT NULL,                                              -- normalised: the uid or an alias
    token_key bigint NOT NULL,
    PRIMARY KEY (operator_key, name),
    FOREIGN KEY (operator_key, token_key) REFERENCES token (operator_key, key) ON DELETE CASCADE
);
CREATE INDEX ON token_name (token_key);
INSERT INTO token_name SELECT operator_key, uid, key FROM token;
SELECT keep_apart('token_name');
GRANT SELECT, INSERT, DELETE ON token_name TO voltgraph_app;

CREATE FUNCTION name_token() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM token_name WHERE token_key = NEW.key;
    INSERT INTO token_name SELECT DISTINCT NEW.operator_key, name, NEW.key FROM unnest(NEW.uid || NEW.aliases) name;
    RETURN NULL;
END $$;
CREATE TRIGGER named AFTER INSERT OR UPDATE OF uid, aliases ON token FOR EACH ROW EXECUTE FUNCTION name_token();
