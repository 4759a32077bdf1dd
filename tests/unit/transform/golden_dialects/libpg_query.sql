-- What the shop knows of its clients; the é is two bytes.
CREATE TABLE shop.clients (
  id bigint PRIMARY KEY,
  name text NOT NULL DEFAULT 'é',
  kind shop.client_kind,
  parent bigint REFERENCES shop.clients (id)
);
CREATE TYPE shop.client_kind AS ENUM ('new', 'old');
CREATE INDEX by_name ON shop.clients (lower(name));
CREATE FUNCTION shop.tax(amount numeric, rate numeric DEFAULT 0.2) RETURNS numeric
LANGUAGE sql AS 'SELECT amount * rate';
CREATE VIEW big AS SELECT c.* FROM shop.clients c WHERE c.id > 100 AND c.name IS NOT NULL;
WITH recent AS (SELECT o.id, count(*) AS n FROM orders o GROUP BY o.id)
SELECT r.id, shop.tax(r.n, 0) FROM recent r LEFT JOIN big USING (id) ORDER BY 2 DESC;
INSERT INTO shop.clients (id, name) VALUES (1, 'a') ON CONFLICT DO NOTHING;
UPDATE clients SET name = upper(name) WHERE CASE WHEN id > 3 THEN true ELSE false END;
