-- Two roles and the database, run once by the administrator of PostgreSQL: psql -f roles.sql
-- tienbo_owner owns the tables: the commands, the worker and the update use it. tienbo_web answers pages: it owns nothing,
-- makes no table, and steps past no policy of rows (decision 0040). Neither is a superuser; both come by the machine's own
-- socket as the account “tienbo” (pg_ident.conf), so there is no password to lose.
CREATE ROLE tienbo_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
CREATE ROLE tienbo_web   LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
CREATE DATABASE tienbo OWNER tienbo_owner ENCODING 'UTF8' TEMPLATE template0 LOCALE 'C.UTF-8';
REVOKE ALL ON DATABASE tienbo FROM PUBLIC;
GRANT CONNECT ON DATABASE tienbo TO tienbo_web;
\connect tienbo
ALTER SCHEMA public OWNER TO tienbo_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO tienbo_web;
ALTER DEFAULT PRIVILEGES FOR ROLE tienbo_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO tienbo_web;
ALTER DEFAULT PRIVILEGES FOR ROLE tienbo_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO tienbo_web;
