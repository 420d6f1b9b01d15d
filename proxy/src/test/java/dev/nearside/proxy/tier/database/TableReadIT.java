package dev.nearside.proxy.tier.database;

import static dev.nearside.proxy.tier.database.DatabaseScene.namespace;
import static dev.nearside.proxy.tier.database.DatabaseScene.read;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.config.DatabaseRows.Table;
import dev.nearside.proxy.namespace.Namespace;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Rows of tables that are only named. */
final class TableReadIT {
  private static DatabaseScene database;

  @BeforeAll
  static void startServer() {
    database = new DatabaseScene();
    database
        .server()
        .execute(
            "CREATE SCHEMA \"my shop\"",
            "CREATE TABLE \"my shop\".\"Big \"\"Orders\"\"\" (\"Id\" int PRIMARY KEY, \"?\" bytea)",
            "INSERT INTO \"my shop\".\"Big \"\"Orders\"\"\" VALUES (7, 'seven'), (8, NULL)",
            "CREATE TABLE cart (owner uuid, name varchar(20), day smallint, content jsonb,"
                + " PRIMARY KEY (owner, name, day))",
            "INSERT INTO cart SELECT '6b1f3c8e-0a2d-4e5f-9a7b-1c2d3e4f5a6b', n, d,"
                + " to_jsonb(n || d) FROM unnest(ARRAY['a', 'b:c', 'näher']) n,"
                + " generate_series(1, 2) d");
  }

  @AfterAll
  static void stopServer() {
    database.close();
  }

  @AfterEach
  void closeTiers() {
    database.closeTiers();
  }

  @Test
  void read_namesThatNeedQuotes_findTheirRows() {
    Table table = new Table("my shop", "Big \"Orders\"");
    Namespace orders = namespace("order:{Id:bigint}", table, "?");
    DatabaseTier tier = database.tier(orders);
    assertThat(read(tier, orders, "order:7")).isEqualTo("seven");
    assertThat(read(tier, orders, "order:8")).isEqualTo("absent");
    assertThat(read(tier, orders, "order:9")).isEqualTo("absent");
    assertThat(read(tier, orders, "order:99999999999")).isEqualTo("absent");
  }

  @Test
  void read_severalParts_findTheirRows() {
    Namespace carts =
        namespace("cart:{owner:uuid}:{day:bigint}:{name}", new Table(null, "cart"), "content");
    DatabaseTier tier = database.tier(carts);
    String owner = "cart:6b1f3c8e-0a2d-4e5f-9a7b-1c2d3e4f5a6b";
    assertThat(read(tier, carts, owner + ":1:b:c")).isEqualTo("\"b:c1\"");
    assertThat(read(tier, carts, owner + ":2:näher")).isEqualTo("\"näher2\"");
    assertThat(read(tier, carts, owner + ":3:a")).isEqualTo("absent");
    assertThat(read(tier, carts, "cart:00000000-0000-0000-0000-000000000001:1:a"))
        .isEqualTo("absent");
  }

  @Test
  void read_wholeRow_isJson() {
    Table table = new Table("public", "cart");
    Namespace carts = namespace("cart:{owner:uuid}:{day:bigint}:{name}", table, "*");
    DatabaseTier tier = database.tier(carts);
    assertThat(read(tier, carts, "cart:6b1f3c8e-0a2d-4e5f-9a7b-1c2d3e4f5a6b:1:a"))
        .isEqualTo(
            "{\"owner\":\"6b1f3c8e-0a2d-4e5f-9a7b-1c2d3e4f5a6b\",\"name\":\"a\",\"day\":1,"
                + "\"content\":\"a1\"}");
  }
}
