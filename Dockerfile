# Odoo 19 with what the addons need, for machines that are not Debian (see README).
FROM odoo:19.0
USER root
COPY requirements-addons.txt requirements-oca.txt /tmp/
RUN pip3 install --no-cache-dir --break-system-packages --ignore-installed -r /tmp/requirements-addons.txt \
    && pip3 install --no-cache-dir --break-system-packages --no-deps --target /mnt/oca -r /tmp/requirements-oca.txt
COPY addons /mnt/extra-addons
USER odoo
CMD ["odoo", "--addons-path=/mnt/oca/odoo/addons,/mnt/extra-addons"]
