package dev.nearside.proxy.capture;

import dev.nearside.proxy.config.DatabaseRows;
import dev.nearside.proxy.config.DatabaseRows.Table;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.namespace.Part;
import java.util.List;

/**
 * A table whose changes are followed. Immutable.
 *
 * @param name its name, as configured
 * @param namespaces those that read it
 */
record CapturedTable(Table name, List<Namespace> namespaces) {
  /** The column of the long-term store that is the key. */
  static final String STORE_KEY = "key";

  /** Copies the list. */
  CapturedTable {
    namespaces = List.copyOf(namespaces);
  }

  /** Returns whether it is the long-term store's, whose rows have whole keys. */
  boolean isStore() {
    return namespaces.getFirst().keepsInStore();
  }

  /** Returns the columns that keys are made of. */
  List<String> keyColumns() {
    return isStore()
        ? List.of(STORE_KEY)
        : namespaces.stream()
            .flatMap(namespace -> namespace.template().parts().stream())
            .map(Part::name)
            .distinct()
            .toList();
  }

  /** Returns the table that a namespace says it reads. */
  static Table tableOf(Namespace namespace) {
    var read = namespace.read();
    return read != null && read.rows() instanceof Table table ? table : DatabaseRows.Store.TABLE;
  }
}
