package dev.nearside.proxy.server;

/**
 * Part of a reply that is put together when all parts are here: until then what comes of it is kept
 * and counts towards what may be kept for a client. Confined to the client's event loop.
 */
class PartReply extends PendingReply {
  private final PendingReply whole;
  private final Runnable completed;

  /**
   * Creates a part that is still to come.
   *
   * @param whole has its place in the queue
   * @param completed called when the last byte was added
   */
  PartReply(ReplyQueue queue, PendingReply whole, Runnable completed) {
    super(queue);
    this.whole = whole;
    this.completed = completed;
  }

  @Override
  boolean isElement() {
    return true;
  }

  @Override
  PendingReply place() {
    return whole;
  }

  @Override
  void complete() {
    completed.run();
  }
}
