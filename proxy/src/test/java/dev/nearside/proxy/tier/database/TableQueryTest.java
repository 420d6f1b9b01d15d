package dev.nearside.proxy.tier.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.config.DatabaseRows.Table;
import dev.nearside.proxy.namespace.KeyTemplate;
import org.junit.jupiter.api.Test;

final class TableQueryTest {
  @Test
  void onePart_isAskedForByAny() {
    NamedQuery query = query(new Table("shop", "prompt"), "p:{id:bigint}", "body");
    assertThat(query.sql())
        .isEqualTo(
            "SELECT nearside_row.\"id\" AS \"id\", nearside_row.\"body\" AS nearside_value"
                + " FROM \"shop\".\"prompt\" nearside_row WHERE nearside_row.\"id\" = ANY(?)");
    assertThat(query.parameters()).containsExactly(0);
    assertThat(query.valueColumn()).isEqualTo("nearside_value");
  }

  @Test
  void manyParts_areJoined() {
    NamedQuery query = query(new Table(null, "cart"), "c:{owner:uuid}:{name}", "*");
    assertThat(query.sql())
        .isEqualTo(
            "SELECT nearside_row.\"owner\" AS \"owner\", nearside_row.\"name\" AS \"name\","
                + " row_to_json(nearside_row)::text AS nearside_value FROM \"cart\" nearside_row"
                + " JOIN unnest(?, ?) AS nearside_key(k0, k1)"
                + " ON nearside_row.\"owner\" = nearside_key.k0"
                + " AND nearside_row.\"name\" = nearside_key.k1");
    assertThat(query.parameters()).containsExactly(0, 1);
  }

  @Test
  void names_areQuoted() {
    NamedQuery query = query(new Table("a\"; --", "B c"), "p:{Id}", "x\"?");
    assertThat(query.sql())
        .isEqualTo(
            "SELECT nearside_row.\"Id\" AS \"Id\", nearside_row.\"x\"\"?\" AS nearside_value"
                + " FROM \"a\"\"; --\".\"B c\" nearside_row WHERE nearside_row.\"Id\" = ANY(?)");
  }

  private static NamedQuery query(Table table, String template, String value) {
    return TableQuery.of(table, KeyTemplate.parse(template).parts(), value);
  }
}
