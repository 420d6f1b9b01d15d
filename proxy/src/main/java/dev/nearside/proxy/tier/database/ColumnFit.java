package dev.nearside.proxy.tier.database;

import dev.nearside.proxy.namespace.Part;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Says whether the columns of a statement, or of a table, are those of a key's parts. */
final class ColumnFit {
  /** One column; a domain counts as what it is made of. */
  private record Column(String name, int type, String typeName) {}

  private final String place;
  private final List<Column> columns = new ArrayList<>();
  private final boolean isTable;

  private ColumnFit(String place, boolean isTable) {
    this.place = place;
    this.isTable = isTable;
  }

  /** Returns one about the result of a statement, where names are found whatever their case. */
  static ColumnFit ofResult(ResultSetMetaData result) throws SQLException {
    return new ColumnFit("the result", false).read(result);
  }

  /** Returns one about a table, whose columns are compared with the parts, not their text. */
  static ColumnFit ofTable(String name, ResultSetMetaData allColumns) throws SQLException {
    return new ColumnFit("table " + name, true).read(allColumns);
  }

  private ColumnFit read(ResultSetMetaData metaData) throws SQLException {
    for (int i = 1; i <= metaData.getColumnCount(); i++) {
      columns.add(
          new Column(
              metaData.getColumnLabel(i),
              metaData.getColumnType(i),
              metaData.getColumnTypeName(i)));
    }
    return this;
  }

  /** Returns what does not fit, or null. */
  @Nullable String misfit(List<Part> parts, String value) {
    for (Part part : parts) {
      Column column = find(part.name());
      if (column == null) {
        return lacks(part.name(), "one for each part of the key");
      }
      String wanted = wanted(part.type(), column);
      if (wanted != null) {
        return "column %s of %s is of type %s; expected %s, since part %s of the key is %s"
            .formatted(
                column.name, place, column.typeName, wanted, part.name(), part.type().label());
      }
    }
    boolean hasValue = value.equals(NamedQuery.WHOLE_ROW) || find(value) != null;
    return hasValue ? null : lacks(value, "the one that database.value names");
  }

  private String lacks(String name, String expected) {
    String there = columns.stream().map(Column::name).collect(Collectors.joining(", "));
    return "%s has no column %s; expected %s; it has %s".formatted(place, name, expected, there);
  }

  private @Nullable Column find(String name) {
    for (Column column : columns) {
      if (isTable ? column.name.equals(name) : column.name.equalsIgnoreCase(name)) {
        return column;
      }
    }
    return null;
  }

  /** Returns what type is expected instead of the column's, or null where that will do. */
  private @Nullable String wanted(Part.Type type, Column column) {
    return switch (type) {
      case BIGINT -> isWhole(column.type) ? null : "smallint, integer, bigint or numeric";
      case UUID -> column.typeName.equals("uuid") ? null : "uuid";
      case TEXT -> isText(column) ? null : "text or varchar, or a query that casts it";
    };
  }

  private static boolean isWhole(int type) {
    return type == Types.BIGINT
        || type == Types.INTEGER
        || type == Types.SMALLINT
        || type == Types.NUMERIC;
  }

  /** Of a result the text is compared, which everything has but bytes. */
  private boolean isText(Column column) {
    return isTable
        ? column.typeName.equals("text") || column.typeName.equals("varchar")
        : column.type != Types.BINARY;
  }
}
