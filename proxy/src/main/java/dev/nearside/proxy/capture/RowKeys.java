package dev.nearside.proxy.capture;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.nearside.proxy.capture.ChangeMessage.Column;
import dev.nearside.proxy.capture.ChangeMessage.Relation;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.namespace.Part;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Says which keys the rows of a relation have. For one thread. */
final class RowKeys {
  private final Captured captured;
  private final CapturedTable table;
  private final Relation relation;
  private final Map<String, Integer> columns = new LinkedHashMap<>();

  /**
   * Creates it for the rows that follow a relation's message.
   *
   * @throws UnfitTableException if a column of the keys is not there, or a DELETE would not tell it
   */
  RowKeys(Captured captured, CapturedTable table, Relation relation) throws UnfitTableException {
    this.captured = captured;
    this.table = table;
    this.relation = relation;
    for (String name : table.keyColumns()) {
      columns.put(name, indexOf(name));
    }
  }

  private int indexOf(String name) throws UnfitTableException {
    for (int i = 0; i < relation.columns().size(); i++) {
      Column column = relation.columns().get(i);
      if (column.name().equals(name)) {
        if (!column.identifies()) {
          throw new UnfitTableException(
              "column " + name + " of table " + relation + " is no longer in its replica identity");
        }
        return i;
      }
    }
    throw new UnfitTableException(
        "table " + relation + " no longer tells its column " + name + ", which is a part of keys");
  }

  /** Returns those whose keys the table's rows have. */
  List<Namespace> namespaces() {
    return table.namespaces();
  }

  /**
   * Gives the keys of a row.
   *
   * @param before has what the row does not tell because it was not changed, or null
   * @return whether they are known; a row that has no key has none, which is known
   */
  boolean give(Row row, @Nullable Row before, Consumer<byte[]> keys) throws UnfitTableException {
    Map<String, byte @Nullable []> values = new LinkedHashMap<>();
    for (Map.Entry<String, Integer> column : columns.entrySet()) {
      int at = column.getValue();
      if (at >= row.size()) {
        throw new UnfitTableException("a row of table " + relation + " lacks columns");
      }
      Row told = row.kind(at) == Row.Kind.UNCHANGED && before != null ? before : row;
      switch (told.kind(at)) {
        case NULL -> values.put(column.getKey(), null);
        case TEXT -> values.put(column.getKey(), told.text(at));
        case UNCHANGED, BINARY -> {
          return false;
        }
      }
    }
    if (table.isStore()) {
      giveStored(values.get(CapturedTable.STORE_KEY), keys);
    } else {
      table.namespaces().forEach(namespace -> give(namespace, values, keys));
    }
    return true;
  }

  /** A value of bytea, as {@code \\x} and digits. */
  private void giveStored(byte @Nullable [] text, Consumer<byte[]> keys)
      throws UnfitTableException {
    String digits = text == null ? "" : new String(text, US_ASCII);
    if (!digits.startsWith("\\x")) {
      throw new UnfitTableException("keys of table " + relation + " are not told in hexadecimal");
    }
    byte[] key = HexFormat.of().parseHex(digits, 2, digits.length());
    Namespace namespace = captured.find(key);
    if (namespace != null && table.namespaces().contains(namespace)) {
      keys.accept(key);
    }
  }

  private void give(
      Namespace namespace, Map<String, byte @Nullable []> values, Consumer<byte[]> keys) {
    List<byte[]> parts = new ArrayList<>();
    for (Part part : namespace.template().parts()) {
      byte[] value = values.get(part.name());
      if (value == null) {
        return; // no key means a row without it
      }
      parts.add(part.type() == Part.Type.BIGINT ? whole(value) : value);
    }
    byte[] key = namespace.template().keyOf(parts);
    if (key != null && namespace.equals(captured.find(key))) {
      keys.accept(key); // others of the same name are of a namespace that comes before
    }
  }

  /** A numeric 7.00 is the row of key 7; 7.5, and what is no number, that of none. */
  private static byte[] whole(byte[] text) {
    String number = new String(text, US_ASCII);
    if (number.indexOf('.') < 0) {
      return text;
    }
    BigDecimal stripped = new BigDecimal(number).stripTrailingZeros();
    return stripped.scale() > 0 ? text : stripped.toPlainString().getBytes(US_ASCII);
  }
}
