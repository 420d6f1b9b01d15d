package dev.nearside.proxy.server;

import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.namespace.Part;
import dev.nearside.proxy.namespace.QueryKey;
import dev.nearside.proxy.resp.Request;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code NEARSIDE.QUERY name arg …}: a GET of the key of its result, which goes the way of every
 * GET. Confined to the connection's event loop.
 *
 * <p>It is refused wherever that GET would not be read through the database, since its client could
 * not tell the answer that is not in Redis from one that is not.
 */
final class QueryRequest {
  private final ClientConnection client;
  private final Session session;

  QueryRequest(ClientConnection client) {
    this.client = client;
    this.session = client.session();
  }

  /**
   * Returns the GET that {@code request} stands for.
   *
   * @throws IllegalArgumentException whose message is the error to reply with
   */
  Request get(Request request) {
    String refusal = ofSession();
    if (refusal != null) {
      throw new IllegalArgumentException(refusal);
    }
    return Request.of("GET".getBytes(StandardCharsets.US_ASCII), key(request, 1));
  }

  /**
   * Returns the key that holds the result of the query whose name is the argument {@code first}.
   *
   * @throws IllegalArgumentException as {@link #get}
   */
  byte[] key(Request request, int first) {
    if (request.argCount() <= first) {
      throw new IllegalArgumentException("ERR NEARSIDE.QUERY takes the name of a query");
    }
    String name = new String(request.arg(first), StandardCharsets.UTF_8);
    Namespace query = client.context().reads().standIns().query(name);
    if (query == null) {
      throw new IllegalArgumentException(
          "ERR there is no query '" + name + "' in the sidecar's configuration");
    }
    List<String> names = query.template().parts().stream().map(Part::name).toList();
    int given = request.argCount() - first - 1;
    if (given != names.size()) {
      throw new IllegalArgumentException(
          "ERR %s takes %d argument(s)%s; %d given"
              .formatted(
                  query.subject(),
                  names.size(),
                  names.isEmpty() ? "" : ": " + String.join(", ", names),
                  given));
    }
    return key(query, Invalidate.args(request, first + 1));
  }

  private static byte[] key(Namespace query, List<byte[]> arguments) {
    byte[] key;
    try {
      key = QueryKey.of(query, arguments);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("ERR " + query.subject() + ": " + e.getMessage(), e);
    }
    if (key.length > LocalReads.MAX_NAME_BYTES) {
      throw new IllegalArgumentException(
          "ERR %s: its arguments make a key of %d bytes; expected at most %d"
              .formatted(query.subject(), key.length, LocalReads.MAX_NAME_BYTES));
    }
    return key;
  }

  /** Says why this connection cannot be answered now, or null. */
  private @Nullable String ofSession() {
    if (!session.ownIdentity) {
      return "NOPERM only the user of the sidecar itself may use NEARSIDE.QUERY";
    }
    if (session.transaction != null) {
      return "ERR NEARSIDE.QUERY is not allowed in a transaction";
    }
    if (session.watching) {
      return "ERR NEARSIDE.QUERY is not allowed behind WATCH";
    }
    if (session.subscriber) {
      return "ERR NEARSIDE.QUERY is not allowed on a connection that has subscribed";
    }
    if (session.tracking || session.untouching) {
      return "ERR NEARSIDE.QUERY is not allowed behind CLIENT TRACKING or CLIENT NO-TOUCH";
    }
    int database = client.context().policy().database();
    boolean elsewhere = session.databaseUnknown || session.database != database;
    return elsewhere ? "ERR NEARSIDE.QUERY is answered in database " + database + " only" : null;
  }
}
