//! Views kept current: one for each key that somebody subscribes to, computed once and sent to all of them. Transport is the API's business.
