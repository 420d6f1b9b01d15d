package dev.nearside.proxy.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers a probe: 200 when every check is well, else 503, and each check with its reason. */
final class Probe {
  private static final Logger log = LoggerFactory.getLogger(Probe.class);

  private Probe() {}

  static FullHttpResponse reply(List<Readiness> checks) {
    ObjectNode body = Replies.JSON.createObjectNode();
    body.put("ok", true);
    ArrayNode list = body.putArray("checks");
    for (Readiness check : checks) {
      if (!ask(check, list.addObject())) {
        body.put("ok", false);
      }
    }
    boolean ok = body.get("ok").booleanValue();
    return Replies.json(ok ? HttpResponseStatus.OK : HttpResponseStatus.SERVICE_UNAVAILABLE, body);
  }

  /** Asks one check and writes it down; one that throws is not well. */
  private static boolean ask(Readiness check, ObjectNode line) {
    line.put("name", check.name());
    try {
      boolean ok = check.ok().getAsBoolean();
      line.put("ok", ok);
      String why = check.why().get();
      if (!why.isEmpty()) {
        line.put("why", why);
      }
      return ok;
    } catch (RuntimeException e) { // the rim: a probe must answer whatever is broken
      log.warn("check {} failed", check.name(), e);
      line.put("ok", false);
      line.put("why", "the check itself failed: " + e);
      return false;
    }
  }
}
