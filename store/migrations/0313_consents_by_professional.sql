-- One form can be a consent to several professionals at once: each is a consent of its own.
ALTER TABLE compliance.consents
    DROP CONSTRAINT consents_tenant_id_number_given_at_goods_key,
    ADD CONSTRAINT consents_given_once UNIQUE (tenant_id, number, given_at, goods, professional, third_party);
