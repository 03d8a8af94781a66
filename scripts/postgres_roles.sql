-- Two roles: baoxue_owner makes the tables (migrate), baoxue_web serves pages and can neither change the schema nor
-- rewrite the audit trail. Run as a PostgreSQL administrator in the county's database, again after every migrate.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'baoxue_owner') THEN
        CREATE ROLE baoxue_owner LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'baoxue_web') THEN
        CREATE ROLE baoxue_web LOGIN;
    END IF;
END
$$;

GRANT USAGE ON SCHEMA public TO baoxue_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO baoxue_web;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO baoxue_web;

-- Every table that a migration made append-only, now and later: the guard is recognised by its trigger.
DO $$
DECLARE
    guarded regclass;
BEGIN
    FOR guarded IN SELECT tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE '%\_no\_truncate' LOOP
        EXECUTE format('REVOKE UPDATE, DELETE ON %s FROM baoxue_web', guarded);
    END LOOP;
    IF to_regclass('public.django_migrations') IS NOT NULL THEN
        REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM baoxue_web;
    END IF;
END
$$;
